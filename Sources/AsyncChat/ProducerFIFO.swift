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

    /// Bytes queued and not yet taken by the kernel; what producers have not made yet is not known and not counted.
    public private(set) var byteCount = 0
    /// The most bytes that ever waited at once.
    public private(set) var highWaterByteCount = 0
    /// Changes whenever the oldest item is no longer the one it was: how a caller notices, after a call out, that its item
    /// is gone.
    private(set) var headSerial: UInt64 = 0

    private var items = FIFO<Item>()
    /// How much of the oldest item's bytes is sent.
    private var sentByteCount = 0

    /// An empty FIFO.
    public init() {}

    /// How many items are waiting. A producer whose chunk is being sent counts with its chunk.
    public var count: Int { items.count }

    /// Is nothing waiting?
    public var isEmpty: Bool { items.isEmpty }

    /// Are bytes the oldest item, rather than something that is to be asked or done?
    var beginsWithBytes: Bool {
        if case .bytes? = items.first { true } else { false }
    }

    /// What is waiting, the oldest first; bytes without those already sent.
    public var waiting: [Item] {
        var waiting = items.elements
        if sentByteCount > 0, case .bytes(let bytes)? = waiting.first {
            waiting[0] = .bytes(Array(bytes[sentByteCount...]))
        }
        return waiting
    }

    /// Adds an item behind the newest. Empty bytes are not worth one.
    mutating func push(_ item: Item) {
        guard account(for: item) else { return }
        if items.isEmpty { headSerial &+= 1 }
        items.push(item)
    }

    /// Puts a chunk before the oldest item, which must not be partly sent bytes.
    mutating func pushFront(_ bytes: [UInt8]) {
        precondition(sentByteCount == 0, "nothing goes in front of an item that is partly sent")
        guard account(for: .bytes(bytes)) else { return }
        headSerial &+= 1
        items.pushFront(.bytes(bytes))
    }

    func next() -> Step {
        switch items.first {
        case nil: .nothing
        case .bytes(let bytes): .send(bytes, from: sentByteCount)
        case .producer(let producer): .ask(producer)
        case .close: .close
        case .shutdownWrite: .shutdownWrite
        }
    }

    /// So many of the oldest item's bytes were sent; it is removed when all were.
    mutating func sent(_ count: Int) {
        guard case .bytes(let bytes)? = items.first else { preconditionFailure("only bytes are sent") }
        sentByteCount += count
        byteCount -= count
        if sentByteCount == bytes.count { removeHead() }
    }

    /// The oldest item is dealt with.
    mutating func removeHead() {
        items.pop()
        sentByteCount = 0
        headSerial &+= 1
    }

    mutating func removeAll() {
        items.removeAll()
        sentByteCount = 0
        byteCount = 0
        headSerial &+= 1
    }

    /// False for an item not worth queuing.
    private mutating func account(for item: Item) -> Bool {
        guard case .bytes(let bytes) = item else { return true }
        byteCount += bytes.count
        highWaterByteCount = max(highWaterByteCount, byteCount)
        return !bytes.isEmpty
    }
}
