import Glibc

/// One socket or other descriptor in a loop, and what is to be done when something happens to it (asyncore's `dispatcher`).
///
/// Subclasses override the `handle…` hooks and the two predicates. A hook that throws ends in `handleError`, whose
/// default reports the error and closes the channel; the loop and the other channels go on. Loop thread only.
///
/// An open channel and its loop hold each other; closing it lets go.
open class Dispatcher: CustomStringConvertible {
    /// The loop this channel belongs to for life.
    public let loop: EventLoop
    /// Connected to a peer: by construction, or because `connect` succeeded.
    public private(set) var isConnected = false
    /// `connect` was called and its outcome is not known yet.
    public private(set) var isConnecting = false
    /// Accepts connections.
    public private(set) var isListening = false
    /// The address connected or bound to, as far as it is known.
    public private(set) var address: SocketAddress?
    /// The peer ended its stream: there is nothing more to read, so this channel is not watched for it.
    public private(set) var isAtEndOfStream = false
    /// The descriptor, −1 without a socket.
    public private(set) var descriptor: CInt = -1

    private var socket: Socket?
    private var file: OpenFile?
    private var isFile = false
    private var generation: UInt32 = 0
    /// Accepting rests after the system ran out of descriptors or memory.
    private var isAcceptingPaused = false
    /// `handleClose` is being called: what fails inside it does not call it again.
    private var isEnding = false
    /// `handleError` is being called, by `fail`.
    private var isFailing = false

    /// Makes a channel without a socket.
    public init(loop: EventLoop) {
        self.loop = loop
    }

    /// Takes over a connected socket.
    public init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress? = nil) {
        self.loop = loop
        adopt(socket)
        isConnected = true
        address = peer
    }

    /// Takes over a descriptor that is no socket (asyncore's `file_dispatcher`). Counts as connected; `recv` and `send` are
    /// read(2) and write(2), and there is no half of it to shut down.
    public init(loop: EventLoop, file: consuming OpenFile) {
        self.loop = loop
        isFile = true
        isConnected = true
        let descriptor = file.descriptor
        self.file = consume file
        enter(descriptor)
    }

    /// Has a socket or other descriptor that is not closed.
    public final var isOpen: Bool { descriptor >= 0 }

    /// Class, state and address.
    open var description: String {
        let state = isListening ? "listening" : isConnected ? "connected" : isConnecting ? "connecting" : "idle"
        return "\(type(of: self)) \(state)\(address.map { " \($0)" } ?? "")"
    }

    // MARK: - Sockets

    /// Listens on an address.
    ///
    /// - Parameters:
    ///   - backlog: how many connections the kernel keeps waiting to be accepted; it may keep fewer (listen(2)).
    ///   - sharesPort: lets further sockets of this process join the port. Set after binding, so that a port in use by
    ///     somebody else is still an error.
    ///   - joinsPort: this is such a further socket.
    public final func listen(
        on address: SocketAddress,
        backlog: Int = 1024,
        sharesPort: Bool = false,
        joinsPort: Bool = false
    ) throws(SystemError) {
        precondition(!isOpen, "a channel listens with a socket of its own: close the one it has first")
        let socket = try Socket.stream(for: address)
        socket.set(.reuseAddress, true)
        prepare(socket)
        if joinsPort { socket.set(.reusePort, true) }
        if case .ipv6 = address { socket.set(.ipv6Only, !address.isWildcard) }
        try UnixSocketFile.bind(socket, to: address)
        if sharesPort { socket.set(.reusePort, true) }
        try socket.listen(backlog: backlog)
        let bound = try socket.localAddress()
        isListening = true
        self.address = bound
        adopt(socket)
    }

    /// Starts connecting. The outcome comes from the loop, never from inside this call: `handleConnect`, or
    /// `handleError` with the reason. Throws what the kernel refuses at once, such as an unreachable network or a Unix
    /// socket that nobody listens on; then the channel has no socket and no hook is called.
    public final func connect(to address: SocketAddress) throws(SystemError) {
        precondition(!isOpen, "a channel connects with a socket of its own: close the one it has first")
        let socket = try Socket.stream(for: address)
        prepare(socket)
        try socket.connect(to: address)
        self.address = address
        isConnecting = true
        adopt(socket)
    }

    /// Sets options on a socket made by `connect` or `listen`, before it does so. What is set on a listener its accepted
    /// sockets inherit (tcp(7)). Default: none.
    open func prepare(_ socket: borrowing Socket) {}

    /// Makes `close` send a reset instead of an orderly end (SO_LINGER with no time).
    public final func resetOnClose() {
        socket?.resetOnClose()
    }

    /// Ends the stream towards the peer; receiving goes on (shutdown(2), SHUT_WR).
    public final func shutdownWrite() throws(SystemError) {
        if isFile { throw SystemError(doing: "shut down sending", code: ENOTSOCK) }
        try socket?.shutdownWrite()
    }

    /// Bytes the kernel took that the peer has not acknowledged yet.
    public final var unacknowledgedByteCount: Int { socket?.unacknowledgedByteCount() ?? 0 }

    /// The address of this end.
    public final func localAddress() throws(SystemError) -> SocketAddress? {
        try socket?.localAddress()
    }

    /// Leaves the loop and closes the socket. Harmless when repeated. `handleClose` is not called.
    open func close() {
        guard isOpen else { return }
        loop.unregister(descriptor: descriptor)
        descriptor = -1
        isConnected = false
        isConnecting = false
        isListening = false
        isAcceptingPaused = false
        isAtEndOfStream = false
        isFile = false
        socket = nil
        file = nil
    }

    private func adopt(_ socket: consuming Socket) {
        let descriptor = socket.descriptor
        self.socket = consume socket
        enter(descriptor)
    }

    private func enter(_ descriptor: CInt) {
        self.descriptor = descriptor
        generation = loop.register(self, descriptor: descriptor)
        handleAdoption()
    }

    /// The channel has a new descriptor. For what a stream leaves behind and the next must not find.
    func handleAdoption() {}

    // MARK: - Predicates

    /// Does this channel want to read? Asked after each of its events, and after `interestMayHaveChanged()`.
    open func readable() -> Bool { true }

    /// Does this channel want to write?
    open func writable() -> Bool { true }

    /// Does this channel want to hear of TCP's urgent data? asyncore always asks for it; here the default is no, because the
    /// kernel tells it again until it is taken.
    open func urgentReadable() -> Bool { false }

    /// To be called when an answer of `readable`, `writable` or `urgentReadable` changed for a reason outside this channel's own events.
    public final func interestMayHaveChanged() {
        if isOpen { loop.interestMayHaveChanged(descriptor) }
    }

    /// What the kernel is to watch for. A listener never waits to write; while connecting, writability is the outcome. The
    /// end of the stream stays readable for ever, so who has seen it is not asked again.
    final var interest: Interest {
        if isListening { return !isAcceptingPaused && readable() ? .read : [] }
        if isConnecting { return .write }
        var interest: Interest = []
        if !isAtEndOfStream && readable() { interest.insert(.read) }
        if writable() { interest.insert(.write) }
        if urgentReadable() { interest.insert(.urgent) }
        return interest
    }

    // MARK: - Receiving and sending

    /// One recv(2) into the buffer, read(2) of what is no socket. Tests script it here.
    open func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        isFile ? try OpenFile.read(descriptor, into: buffer) : try Socket.receive(descriptor, into: buffer)
    }

    /// One send(2), write(2) to what is no socket: how many bytes the kernel took, 0 where it would block. Tests script it here.
    open func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        isFile ? try OpenFile.write(descriptor, bytes) : try Socket.send(descriptor, bytes)
    }

    /// The urgent byte that has come, nil if there is none (recv(2), MSG_OOB).
    public final func receiveUrgent() throws(SystemError) -> UInt8? {
        try Socket.receiveUrgent(descriptor)
    }

    /// Sends a byte past everything the peer has not read yet: false where the kernel would block (send(2), MSG_OOB).
    public final func sendUrgent(_ byte: UInt8) throws(SystemError) -> Bool {
        try Socket.sendUrgent(descriptor, byte)
    }

    // MARK: - Hooks

    /// There is something to read, or to learn by reading: the end of the stream, an error.
    open func handleRead() throws {}

    /// There is room to write.
    open func handleWrite() throws {}

    /// Urgent data has come (asyncore's exceptional event): `receiveUrgent` takes it. Only where `urgentReadable`.
    open func handleExpt() throws {}

    /// The connection stands; `isConnected` is true.
    open func handleConnect() throws {}

    /// A listener has connections waiting. Default: accepts a bounded batch and hands each to `handleAccepted`; where the
    /// system is out of descriptors or memory, calls `handleAcceptPaused` and rests for a moment.
    open func handleAccept() throws {
        for _ in 0..<Self.acceptBatch {
            guard isListening, !isAcceptingPaused, readable() else { return }
            do {
                guard let (connection, peer) = try accept() else { return }
                handleAccepted(Socket(nonBlocking: connection), from: peer)
            } catch {
                guard error.isExhaustion else { throw error }
                pauseAccepting(after: error)
                return
            }
        }
    }

    /// A connection was accepted. Default: closes it, by letting go of it.
    open func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {}

    /// Accepting rests: the system is out of descriptors or memory. It goes on by itself. Default: nothing.
    open func handleAcceptPaused(_ error: SystemError) {}

    /// The peer ended its stream. Default: `handleClose`, as asynchat does, which drops what waits to be sent; a channel that
    /// can go on sending overrides it.
    open func handleEndOfStream() {
        endChannel()
    }

    /// The peer is gone (reset, broken pipe). Default: `handleClose`.
    open func handleDisconnect(_ error: SystemError) {
        endChannel()
    }

    /// The channel is over. Default: closes it.
    open func handleClose() {
        close()
    }

    /// Something failed: a system call with no better answer, or a hook that threw. Default: reports it to the loop, then
    /// `handleClose`.
    open func handleError(_ error: any Error) {
        loop.reportError(self, error)
        endChannel()
    }

    /// Calls `handleClose` unless the channel is closed already, or `handleClose` is what calls.
    public final func endChannel() {
        guard isOpen, !isEnding else { return }
        isEnding = true
        defer { isEnding = false }
        handleClose()
    }

    /// Calls `handleError`. What fails inside it, such as a push, is no call of its own: it is reported and ends the channel.
    final func fail(with error: any Error) {
        guard !isFailing else {
            loop.reportError(self, error)
            return endChannel()
        }
        isFailing = true
        defer { isFailing = false }
        handleError(error)
    }

    // MARK: - Events, from the loop

    private static let acceptBatch = 64
    private static let acceptRest = Duration.milliseconds(100)

    final func serve(_ readiness: Readiness, watchedFor interest: Interest) {
        let (descriptor, generation) = (self.descriptor, self.generation)
        // Hang-up means "read to the end first"; a channel that does not read learns of it by writing.
        let hangUp = readiness.contains(.hangUp)
        if readiness.contains(.read) || (hangUp && interest.contains(.read)) {
            serveRead()
        }
        // A callback may have closed this channel, and may even have opened it anew.
        guard self.descriptor == descriptor, self.generation == generation else { return }
        if readiness.contains(.write) || (hangUp && !interest.contains(.read)) {
            serveWrite()
        }
        if readiness.contains(.urgent) {
            guard self.descriptor == descriptor, self.generation == generation else { return }
            serveUrgent()
        }
        interestMayHaveChanged()
    }

    private func serveRead() {
        do {
            if isListening { return try handleAccept() }
            if isConnecting { try completeConnect() }
            if isConnected { try handleRead() }
        } catch {
            fail(with: error)
        }
    }

    private func serveWrite() {
        guard !isListening else { return }
        do {
            if isConnecting { try completeConnect() }
            if isConnected { try handleWrite() }
        } catch {
            fail(with: error)
        }
    }

    private func serveUrgent() {
        do {
            if isConnected { try handleExpt() }
        } catch {
            fail(with: error)
        }
    }

    /// The first event of a connecting socket tells how it went.
    private func completeConnect() throws {
        let code = pendingError()
        isConnecting = false
        if code != 0 {
            throw SystemError(doing: "connect \(address.map(String.init(describing:)) ?? "")", code: code)
        }
        isConnected = true
        try handleConnect()
    }

    /// One connection that was waiting, nil if there is none; its descriptor is the caller's. Tests script it here.
    func accept() throws(SystemError) -> (descriptor: CInt, peer: SocketAddress)? {
        try socket?.accept()
    }

    /// How connecting went: 0, or why it failed. Tests script it here.
    func pendingError() -> CInt {
        socket?.pendingError() ?? 0
    }

    /// A read came to the end of the stream.
    final func noteEndOfStream() {
        isAtEndOfStream = true
    }

    /// Rests accepting for a moment, as `handleAccept` does where the system is out of descriptors or memory: for an owner
    /// who learns of it by something else, such as a connection it cannot make. Calls `handleAcceptPaused`, unless this
    /// channel rests already or does not listen.
    public final func pauseAccepting(after error: SystemError) {
        guard isListening, !isAcceptingPaused else { return }
        isAcceptingPaused = true
        interestMayHaveChanged()
        handleAcceptPaused(error)
        loop.schedule(after: Self.acceptRest) { [weak self] in
            self?.isAcceptingPaused = false
            self?.interestMayHaveChanged()
        }
    }
}
