import Foundation
import Glibc
import Testing

@testable import AsyncChat

/// The kinds of socket that every test of a connection is made with.
enum Family: CaseIterable, CustomTestStringConvertible {
    case ipv4, ipv6, unix

    var testDescription: String { "\(self)" }

    /// An address to listen on that nobody else uses; a Unix path is the caller's to remove.
    func freeAddress() -> SocketAddress {
        switch self {
        case .ipv4: .ipv4(UInt32(0x7F00_0001).bigEndian, port: 0)
        case .ipv6: .ipv6(0, UInt64(1).bigEndian, scope: 0, port: 0)
        case .unix: .unix(FileManager.default.temporaryDirectory.appending(path: "\(UUID()).sock").path)
        }
    }
}

/// A chat channel that writes down what happens to it, and does what a test says inside each callback.
class RecordingChannel: ChatChannel {
    /// The callbacks, in order, without those that bring bytes.
    var events: [String] = []
    var messages: [[UInt8]] = []
    /// Collected after the last terminator.
    var tail: [UInt8] = []
    var errors: [any Error] = []
    /// What was being done when the peer was found to be gone.
    var disconnections: [String] = []
    /// What to do inside the callback of this name.
    var actions: [String: (RecordingChannel) throws -> Void] = [:]
    /// Goes on after the end of the peer's stream.
    var staysOpenAtEnd = false
    /// Its owner ends what it forwards to, inside "end".
    var forwardsEnd = false
    var isReadable = true
    var hasRoom = true
    var isUrgentReadable = false
    /// The urgent bytes taken.
    var urgent: [UInt8] = []
    private(set) var readEventCount = 0

    var receivedByteCount: Int { messages.reduce(tail.count) { $0 + $1.count } }

    override func readable() -> Bool { isReadable }

    override func hasRoomForInput() -> Bool { hasRoom }

    override func urgentReadable() -> Bool { isUrgentReadable }

    override var forwardsEndOfStream: Bool { forwardsEnd }

    override func handleExpt() throws {
        events.append("urgent")
        if let byte = try receiveUrgent() { urgent.append(byte) }
        try actions["urgent"]?(self)
    }

    override func handleRead() throws {
        readEventCount += 1
        try super.handleRead()
    }

    override func collectIncomingData(_ data: RawSpan) throws {
        data.withUnsafeBytes { tail += $0 }
        try actions["collect"]?(self)
    }

    override func foundTerminator() throws {
        messages.append(tail)
        tail = []
        try actions["found"]?(self)
    }

    override func handleReceived(_ bytes: RawSpan) { quietly("received") }

    override func handleSent(byteCount: Int) { quietly("sent") }

    override func handleConnect() throws {
        events.append("connect")
        try actions["connect"]?(self)
    }

    override func handleEndOfStream() {
        events.append("end")
        quietly("end")
        if !staysOpenAtEnd { super.handleEndOfStream() }
    }

    override func handleWriteShutdown() {
        events.append("shutdown")
        quietly("shutdown")
    }

    override func handleDisconnect(_ error: SystemError) {
        events.append("disconnect")
        disconnections.append(error.doing)
        quietly("disconnect")
        super.handleDisconnect(error)
    }

    override func handleClose() {
        events.append("close")
        quietly("close")
        super.handleClose()
    }

    override func handleError(_ error: any Error) {
        events.append("error")
        errors.append(error)
        quietly("error")
        super.handleError(error)
    }

    private func quietly(_ name: String) {
        do { try actions[name]?(self) } catch { Issue.record("\(name) cannot throw: \(error)") }
    }
}

/// Listens, and makes a recording channel of every connection.
final class RecordingListener: Dispatcher {
    var accepted: [RecordingChannel] = []
    var errors: [any Error] = []
    var pauses: [SystemError] = []
    /// What to throw instead of accepting, the next first.
    var failures: [CInt] = []
    var onAccepted: ((RecordingChannel) -> Void)?
    /// How often accept was called, in vain or not.
    var acceptCount = 0

    override func accept() throws(SystemError) -> (descriptor: CInt, peer: SocketAddress)? {
        acceptCount += 1
        if !failures.isEmpty { throw SystemError(doing: "accept", code: failures.removeFirst()) }
        return try super.accept()
    }

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        let channel = RecordingChannel(loop: loop, socket: socket, peer: peer)
        channel.setTerminator(.bytes("\n"))
        accepted.append(channel)
        onAccepted?(channel)
    }

    override func handleAcceptPaused(_ error: SystemError) { pauses.append(error) }

    override func handleError(_ error: any Error) {
        errors.append(error)
        super.handleError(error)
    }
}

/// Two channels that are connected to each other, on a loop of their own.
final class Loopback {
    let loop: EventLoop
    let listener: RecordingListener
    let client: RecordingChannel

    /// The server's end.
    var server: RecordingChannel { listener.accepted[0] }

    init(_ family: Family = .ipv4, clock: any LoopClock = SystemClock()) throws {
        loop = try makeLoop(clock: clock)
        loop.reportError = { _, _ in }
        listener = RecordingListener(loop: loop)
        try listener.listen(on: family.freeAddress())
        client = RecordingChannel(loop: loop)
        client.setTerminator(.bytes("\n"))
    }

    /// Connects the client.
    func connect() throws {
        try client.connect(to: try #require(listener.address))
        try loop.run { client.isConnected && !listener.accepted.isEmpty }
    }

    /// Closes all, and removes the socket's file.
    func end() {
        if case .unix(let path)? = listener.address { UnixSocketFile.remove(path) }
        loop.closeAll()
        // Actions hold what a test was about, themselves included.
        for channel in listener.accepted + [client] { channel.actions = [:] }
        listener.onAccepted = nil
    }
}

/// Runs a test on two connected channels, and cleans up.
func withLoopback(_ family: Family = .ipv4, _ body: (Loopback) throws -> Void) throws {
    let loopback = try Loopback(family)
    defer { loopback.end() }
    try loopback.connect()
    try body(loopback)
}

struct NeverHappened: Error {}

extension EventLoop {
    /// Makes turns until something is so; gives up long after it should have been.
    func run(until isDone: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        while try !isDone() {
            guard ContinuousClock.now < end else { throw NeverHappened() }
            turn(timeout: .seconds(1))
        }
    }

    /// Makes turns as long as there is something to serve.
    func settle() {
        for _ in 0..<50 { turn(timeout: .zero) }
    }
}

extension RecordingChannel {
    func push(_ text: String) { push(Array(text.utf8)) }
}

/// Bytes of which every stretch differs from every other.
func counted(_ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: ($0 >> 8) &* 31 &+ $0) }
}
