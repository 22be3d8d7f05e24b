import Glibc

@testable import AsyncChat

/// Does what a vector's steps say to a real chat channel, and writes the outcome in the vectors' own form.
///
/// Events are handed to the channel as the loop would hand them, one by one: the kernel has no part in it.
struct VectorReplay {
    private let vector: JSON
    private let channel: ScriptedChannel
    private var lastTerminator: Terminator

    init(_ vector: JSON, loop: EventLoop, pushForm: ScriptedChannel.PushForm = .kept, gathers: Bool = false) throws {
        self.vector = vector
        channel = ScriptedChannel(vector, loop: loop, pushForm: pushForm)
        channel.gathers = gathers
        lastTerminator = channel.terminator
        if vector["config"]!["connected"]?.bool == false { try channel.connect(to: unreachedAddress) }
    }

    /// All steps, in order; the outcome as `expect` has it.
    mutating func run() -> JSON {
        var states: [JSON] = []
        var closedStep = JSON.null
        for step in vector["steps"]!.array! {
            let wasOpen = channel.isOpen
            perform(step)
            states.append(state())
            if wasOpen, !channel.isOpen { closedStep = .int(states.count - 1) }
        }
        channel.close()
        return .object(outcome.merging(["steps": .array(states), "closed_step": closedStep]) { $1 })
    }

    /// All bytes of the vector's feeds, cut anew; what is canonical of the outcome.
    func run(cutting cut: (_ left: Int) -> Int) -> JSON {
        var bytes = vector["steps"]!.array!.flatMap { $0["data"]!.bytes }[...]
        while !bytes.isEmpty {
            let count = max(1, min(bytes.count, cut(bytes.count)))
            channel.inputBufferByteCount = count
            channel.unread = Array(bytes.prefix(count))
            bytes = bytes.dropFirst(count)
            readEvent()
        }
        channel.close()
        return .object(outcome)
    }

    private var outcome: [String: JSON] {
        [
            "messages": .messages(channel.messages),
            "tail": .bytes(channel.tail),
            "pending": .bytes(channel.pendingInput),
            "wire": .bytes(channel.wire),
        ]
    }

    // MARK: - Steps

    private func perform(_ step: JSON) {
        switch step["op"]!.string! {
        case "feed":
            channel.unread += step["data"]!.bytes
            while channel.isOpen, !channel.unread.isEmpty { readEvent() }
        case "eof":
            channel.end = .endOfStream
            readEvent()
            channel.end = .none
        case "recv_error":
            channel.end = .error(errorCode(step["errno"]!.string!))
            readEvent()
            channel.end = .none
        case "poll_write":
            writeEvent()
        case "drain":
            for _ in 0..<step["max"]!.int! where channel.isOpen { writeEvent() }
        case "connect_complete":
            writeEvent()
        case "connect_fail":
            channel.connectError = errorCode(step["errno"]!.string!)
            writeEvent()
        case "set_terminator":
            if let terminator = Terminator(step["term"]!) {
                channel.setTerminator(terminator)
            } else {
                channel.events.append(.array([.string("raise"), .string("ValueError")]))
            }
        case "push":
            channel.push(script: step["data"]!.bytes)
            noteRaise()
        case "push_with_producer":
            push(step["producer"]!)
            noteRaise()
        case "close_when_done": channel.closeWhenDone()
        case "discard_buffers": channel.discardBuffers()
        case "close": channel.close()
        case let unknown: fatalError("the vectors have a new step: \(unknown)")
        }
    }

    private func readEvent() {
        if channel.isOpen { channel.serve(.read, watchedFor: .read) }
    }

    private func writeEvent() {
        if channel.isOpen, channel.interest.contains(.write) { channel.serve(.write, watchedFor: .write) }
    }

    private func push(_ producer: JSON) {
        switch producer["kind"]!.string! {
        case "bytes":
            channel.pushWithProducer(producer["data"]!.bytes)
        case "simple":
            let pieceByteCount = producer["buffer_size"]?.int ?? 512
            channel.pushWithProducer(SimpleProducer(producer["data"]!.bytes, pieceByteCount: pieceByteCount))
        default:
            channel.pushWithProducer(ScriptedProducer(producer, channel: channel))
        }
    }

    /// Where Python's push throws what a producer threw, ours keeps it for the next write event.
    private func noteRaise() {
        guard channel.hasRaised else { return }
        channel.hasRaised = false
        channel.events.append(.array([.string("raise"), .string("RuntimeError")]))
    }

    // MARK: - State

    private mutating func state() -> JSON {
        var state: [String: JSON] = ["ev": .events(channel.events)]
        channel.events = []
        if channel.terminator != lastTerminator { state["term"] = channel.terminator.json }
        lastTerminator = channel.terminator
        if !channel.pendingInput.isEmpty { state["pending"] = .bytes(channel.pendingInput) }
        if !channel.fifo.isEmpty { state["fifo"] = .array(channel.fifo.waiting.map(\.json)) }
        if channel.isOpen {
            if channel.interest.contains(.write) { state["writable"] = .bool(true) }
        } else {
            state["closed"] = .bool(true)
        }
        if !channel.unread.isEmpty { state["unread"] = .int(channel.unread.count) }
        return .object(state)
    }
}

/// Where a channel that is never really to be connected may start connecting.
private let unreachedAddress = SocketAddress.ipv4(UInt32(0x7F00_0001).bigEndian, port: 9)

extension ProducerFIFO.Item {
    fileprivate var json: JSON {
        switch self {
        case .bytes(let bytes): .int(bytes.count)
        case .producer: .string("P")
        case .close: .string("N")
        case .shutdownWrite: .string("W")
        }
    }
}
