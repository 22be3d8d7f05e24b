import Glibc

@testable import AsyncChat

/// A chat channel whose socket, callbacks and producers follow a vector's script; writes down all that happens.
final class ScriptedChannel: ChatChannel {
    /// What a scripted callback or producer throws.
    struct Raised: Error {}

    /// What the next read event finds once the bytes are read.
    enum End { case none, endOfStream, error(CInt) }

    /// How `push` is called: with bytes to keep, or bytes that are only lent.
    enum PushForm: CaseIterable { case kept, lent }

    var unread: [UInt8] = []
    var end = End.none
    var connectError: CInt = 0
    /// What happened since it was last emptied.
    var events: [JSON] = []
    /// A producer threw and nobody was told yet.
    var hasRaised = false
    private(set) var messages: [[UInt8]] = []
    private(set) var tail: [UInt8] = []
    private(set) var wire: [UInt8] = []

    private let pushForm: PushForm
    private let closesOnClose: Bool
    private let closesOnError: Bool
    private var sendRules: [JSON]
    private let lastSendRule: JSON
    private var onFound: ActionScript
    private var onCollect: ActionScript

    /// Made as the vector's `config` says; connected, or about to be.
    init(_ vector: JSON, loop: EventLoop, pushForm: PushForm) {
        let config = vector["config"]!
        self.pushForm = pushForm
        closesOnClose = config["on_close"]?.string != "ignore"
        closesOnError = config["on_error"]?.string != "ignore"
        sendRules = (config["send_script"]?.array ?? []).reversed()
        lastSendRule = config["send_default"] ?? .string("all")
        onFound = ActionScript(vector["on_found"])
        onCollect = ActionScript(vector["on_collect"])
        if config["connected"]?.bool ?? true {
            // The socket is never used: `recv` and `send` are scripted.
            super.init(loop: loop, socket: try! Socket.stream(for: .unix("")))
        } else {
            super.init(loop: loop)
        }
        inputBufferByteCount = config["in_buffer_size"]?.int ?? 65536
        outputBufferByteCount = config["out_buffer_size"]?.int ?? 65536
        setTerminator(Terminator(config["terminator"]!)!)
    }

    // MARK: - The socket

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        if unread.isEmpty {
            switch end {
            case .none: return .wouldBlock
            case .endOfStream: return .endOfStream
            case .error(EWOULDBLOCK): return .wouldBlock
            case .error(let code): throw SystemError(doing: "receive", code: code)
            }
        }
        let count = min(buffer.count, unread.count)
        buffer.copyBytes(from: unread.prefix(count))
        unread.removeFirst(count)
        return .bytes(count)
    }

    override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let rule = sendRules.popLast() ?? lastSendRule
        let accepted: Int
        switch rule {
        case .int(let most): accepted = min(most, bytes.count)
        case .string("all"): accepted = bytes.count
        default:
            events.append(.array([.string("send_err"), .int(bytes.count), rule]))
            let code = errorCode(rule.string!)
            if code == EWOULDBLOCK { return 0 }
            throw SystemError(doing: "send", code: code)
        }
        wire += bytes.prefix(accepted)
        events.append(.array([.string("send"), .int(bytes.count), .bytes(Array(bytes.prefix(accepted)))]))
        return accepted
    }

    override func pendingError() -> CInt { connectError }

    // MARK: - The callbacks

    override func collectIncomingData(_ data: RawSpan) throws {
        let bytes = data.withUnsafeBytes(Array.init)
        tail += bytes
        events.append(.array([.string("collect"), .bytes(bytes)]))
        for action in onCollect.next() { try perform(action) }
    }

    override func foundTerminator() throws {
        messages.append(tail)
        tail = []
        events.append(.array([.string("found")]))
        for action in onFound.next() { try perform(action) }
    }

    override func handleConnect() {
        events.append(.array([.string("connect")]))
    }

    override func handleClose() {
        events.append(.array([.string("close")]))
        if closesOnClose { close() }
    }

    override func handleError(_ error: any Error) {
        hasRaised = false
        let name = (error as? SystemError)?.symbol ?? "RuntimeError"
        events.append(.array([.string("error"), .string(name)]))
        if closesOnError { endChannel() }
    }

    // MARK: - What the application does

    func push(script bytes: [UInt8]) {
        switch pushForm {
        case .kept: push(bytes)
        case .lent: push(bytes.span.bytes)
        }
    }

    private func perform(_ action: JSON) throws {
        switch action["do"]!.string! {
        case "set_terminator": setTerminator(Terminator(action["term"]!)!)
        case "push": push(script: action["data"]!.bytes)
        case "echo": push(script: (messages.last ?? []) + action["suffix"]!.bytes)
        case "close": close()
        case "close_when_done": closeWhenDone()
        case "discard_buffers": discardBuffers()
        case "raise": throw Raised()
        case let unknown: fatalError("the vectors have a new action: \(unknown)")
        }
    }
}

/// What to do inside the n-th callback of a kind.
private struct ActionScript {
    private let lists: [[JSON]]
    private let cycles: Bool
    private var calls = 0

    init(_ script: JSON?) {
        lists = script?["actions"]?.array?.map { $0.array! } ?? []
        cycles = script?["then"]?.string == "cycle"
    }

    mutating func next() -> [JSON] {
        defer { calls += 1 }
        guard !lists.isEmpty, cycles || calls < lists.count else { return [] }
        return lists[calls % lists.count]
    }
}

/// A producer as the vectors describe them.
final class ScriptedProducer: Producer {
    private var chunks: [[UInt8]]
    private let raises: Bool
    private unowned let channel: ScriptedChannel

    init(_ script: JSON, channel: ScriptedChannel) {
        chunks = script["chunks"]!.array!.map(\.bytes)
        raises = script["end"]?.string == "raise"
        self.channel = channel
    }

    func more() throws -> [UInt8]? {
        if !chunks.isEmpty { return chunks.removeFirst() }
        guard raises else { return nil }
        channel.hasRaised = true
        throw ScriptedChannel.Raised()
    }
}

extension Terminator {
    /// As the vectors write it; nil for a negative count, which this type's users must not make.
    init?(_ term: JSON) {
        switch term["kind"]!.string! {
        case "bytes": self = .bytes(Delimiter(term["value"]!.bytes))
        case "int":
            guard term["value"]!.int! >= 0 else { return nil }
            self = .count(term["value"]!.int!)
        default: self = .none
        }
    }

    var json: JSON {
        switch self {
        case .bytes(let delimiter): .object(["kind": .string("bytes"), "value": .bytes(delimiter.bytes)])
        case .count(let count): .object(["kind": .string("int"), "value": .int(count)])
        case .none: .object(["kind": .string("none")])
        }
    }
}

/// The number of an errno's name.
func errorCode(_ name: String) -> CInt {
    if name == "EWOULDBLOCK" { return EWOULDBLOCK }
    return (1..<200).first { SystemError(doing: "", code: $0).symbol == name }!
}
