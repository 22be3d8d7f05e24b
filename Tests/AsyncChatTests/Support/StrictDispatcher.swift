import Testing

@testable import AsyncChat

/// A dispatcher for which every callback that a test does not expect is a mistake (the base of the handlers in CPython's tests).
class StrictDispatcher: Dispatcher {
    /// The callbacks that may come: `read`, `write`, `urgent`, `connect`, `accept`, `accepted`, `close`, `error`.
    var expected: Set<String> = []
    /// Those that came, in order.
    private(set) var events: [String] = []
    private(set) var errors: [any Error] = []
    /// What to do inside the callback of this name.
    var actions: [String: (StrictDispatcher) throws -> Void] = [:]
    /// The peers of accepted connections, as told.
    private(set) var peers: [SocketAddress] = []
    /// The accepted connections, which expect nothing until a test says otherwise.
    private(set) var accepted: [StrictDispatcher] = []

    /// Expects these, of which connecting is none that could be missed.
    func expect(_ names: String...) {
        expected = Set(names)
        interestMayHaveChanged()
    }

    func count(_ name: String) -> Int { events.count { $0 == name } }

    override func readable() -> Bool { isListening || expected.contains("read") }
    override func writable() -> Bool { expected.contains("write") }
    override func urgentReadable() -> Bool { expected.contains("urgent") }

    override func handleRead() throws { try note("read") }
    override func handleConnect() throws { try note("connect") }
    override func handleExpt() throws { try note("urgent") }

    /// Follows a connect in the same event, whether or not this channel wants to write: so it does in asyncore.
    override func handleWrite() throws {
        if expected.contains("write") || events.last != "connect" { try note("write") }
    }

    override func handleAccept() throws {
        try note("accept")
        try super.handleAccept()
    }

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        peers.append(peer)
        accepted.append(StrictDispatcher(loop: loop, socket: socket, peer: peer))
        quietly("accepted")
    }

    override func handleClose() {
        quietly("close")
        super.handleClose()
    }

    override func handleError(_ error: any Error) {
        errors.append(error)
        quietly("error")
        super.handleError(error)
    }

    /// Receives once, as asyncore's `recv` would: the end of the stream and a peer that is gone are told to the hooks.
    func receiveOnce() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024)
        let outcome = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try recv(into: buffer) }
        }
        switch outcome {
        case .success(.bytes(let count)): return Array(bytes[..<count])
        case .success(.wouldBlock): break
        case .success(.endOfStream): handleEndOfStream()
        case .failure(let error) where error.isDisconnection: handleDisconnect(error)
        case .failure(let error): handleError(error)
        }
        return []
    }

    private func note(_ name: String) throws {
        if !expected.contains(name) { Issue.record("\(name) was not expected by \(self)") }
        events.append(name)
        try actions[name]?(self)
    }

    private func quietly(_ name: String) {
        do { try note(name) } catch { Issue.record("\(name) cannot throw: \(error)") }
    }
}
