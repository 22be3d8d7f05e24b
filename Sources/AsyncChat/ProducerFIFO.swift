/// What a channel still has to send: bytes, producers of bytes, and how to end (asynchat's `producer_fifo`).
///
/// Knows no socket: it says what to do next, and is told what was done. Counts its bytes, which asynchat does not.
public struct ProducerFIFO {
    /// One thing waiting.
    public enum Item {
        /// Bytes to be sent.
        case bytes([UInt8])
        /// Asked for bytes whenever it is the oldest.
        case producer(any Producer)
        /// Close the channel when this is reached (`close_when_done`).
        case close
        /// End the stream towards the peer when this is reached; receiving goes on.
        case shutdownWrite
    }

    /// What the oldest item asks for.
    enum Step {
        case nothing
        /// Offer these bytes from this offset on.
        case send([UInt8], from: Int)
        case ask(any Producer)
        case close
        case shutdownWrite
    }

    /// The most bytes that ever waited at once.
    public private(set) var highWaterByteCount = 0
    /// Changes whenever the oldest item is no longer the one it was: how a caller notices, after a call out, that its item
    /// is gone.
    private(set) var headSerial: UInt32 = 0

    /// Nil where nothing waits: most FIFOs are empty most of the time, and then own no memory. Shared by copies, and copied
    /// before it is changed.
    private var queue: Queue?

    private final class Queue {
        var items = FIFO<Item>()
        var byteCount = 0
        /// How much of the oldest item's bytes is sent.
        var sentByteCount = 0

        init() {}

        init(copying other: Queue) {
            (items, byteCount, sentByteCount) = (other.items, other.byteCount, other.sentByteCount)
        }
    }

    /// An empty FIFO.
    public init() {}

    /// Bytes queued and not yet taken by the kernel; what producers have not made yet is not known and not counted.
    public var byteCount: Int { queue?.byteCount ?? 0 }

    /// How many items are waiting. A producer whose chunk is being sent counts with its chunk.
    public var count: Int { queue?.items.count ?? 0 }

    /// Is nothing waiting?
    public var isEmpty: Bool { queue == nil }

    /// Are bytes the oldest item, rather than something that is to be asked or done?
    var beginsWithBytes: Bool {
        if case .bytes? = queue?.items.first { true } else { false }
    }

    /// What is waiting, the oldest first; bytes without those already sent.
    public var waiting: [Item] {
        guard let queue else { return [] }
        var waiting = queue.items.elements
        if queue.sentByteCount > 0, case .bytes(let bytes)? = waiting.first {
            waiting[0] = .bytes(Array(bytes[queue.sentByteCount...]))
        }
        return waiting
    }

    /// Adds an item behind the newest. Empty bytes are not worth one.
    mutating func push(_ item: Item) {
        if case .bytes(let bytes) = item, bytes.isEmpty { return }
        if queue == nil { headSerial &+= 1 }
        let queue = own()
        queue.items.push(item)
        account(for: item, in: queue)
    }

    /// Puts a chunk before the oldest item, which must not be partly sent bytes.
    mutating func pushFront(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        headSerial &+= 1
        let queue = own()
        precondition(queue.sentByteCount == 0, "nothing goes in front of an item that is partly sent")
        queue.items.pushFront(.bytes(bytes))
        account(for: .bytes(bytes), in: queue)
    }

    func next() -> Step {
        guard let queue else { return .nothing }
        return switch queue.items.first {
        case nil: .nothing
        case .bytes(let bytes): .send(bytes, from: queue.sentByteCount)
        case .producer(let producer): .ask(producer)
        case .close: .close
        case .shutdownWrite: .shutdownWrite
        }
    }

    /// So many of the oldest item's bytes were sent; it is removed when all were.
    mutating func sent(_ count: Int) {
        let queue = own()
        guard case .bytes(let bytes)? = queue.items.first else { preconditionFailure("only bytes are sent") }
        queue.sentByteCount += count
        queue.byteCount -= count
        if queue.sentByteCount == bytes.count { removeHead(of: queue) }
    }

    /// The oldest item is dealt with.
    mutating func removeHead() {
        removeHead(of: own())
    }

    private mutating func removeHead(of queue: Queue) {
        queue.items.pop()
        queue.sentByteCount = 0
        headSerial &+= 1
        if queue.items.isEmpty { self.queue = nil }
    }

    mutating func removeAll() {
        queue = nil
        headSerial &+= 1
    }

    /// What waits, for changing it.
    private mutating func own() -> Queue {
        if isKnownUniquelyReferenced(&queue), let queue { return queue }
        let own = queue.map(Queue.init(copying:)) ?? Queue()
        queue = own
        return own
    }

    private mutating func account(for item: Item, in queue: Queue) {
        guard case .bytes(let bytes) = item else { return }
        queue.byteCount += bytes.count
        highWaterByteCount = max(highWaterByteCount, queue.byteCount)
    }
}
