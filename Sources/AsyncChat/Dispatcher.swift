import Glibc

/// One socket or other descriptor in a loop, and what is to be done when something happens to it (asyncore's `dispatcher`).
///
/// Subclasses override the `handle…` hooks and the two predicates. A hook that throws ends in `handleError`, whose
/// default reports the error and closes the channel; the loop and the other channels go on. Loop thread only.
///
/// An open channel and its loop hold each other; closing it lets go, inside a turn once all its events are served.
open class Dispatcher: CustomStringConvertible {
    /// The loop this channel belongs to for life.
    public let loop: EventLoop
    /// The address connected or bound to, as far as it is known.
    public var address: SocketAddress? { place?.address }

    private var place: Place?
    private var standing = Standing()

    /// Where a channel stands: plain values, changed in this file alone. So the compiler sees that nobody looks at them while
    /// they change, and looking costs no check, as it would with each a variable others can reach.
    private struct Standing {
        /// Owned: closed with the channel, or at the latest when it is let go of.
        var descriptor: CInt = -1
        /// Which of the loop's registrations this is, so that news of another channel with this number never reaches it.
        var registration: UInt32 = 0
        /// What the kernel was last told.
        var watched: Interest = []
        /// The loop has yet to ask what it waits for.
        var isUndecided = false
        var isFile = false
        /// A socket for which nobody overrides `recv(into:)` and `send`.
        var isPlain = false
        var isConnected = false
        var isConnecting = false
        var isListening = false
        /// As of this event: the peer ended its stream and is not gone.
        var hasPeerEnded = false
        var isAtEndOfStream = false
        /// Accepting rests after the system ran out of descriptors or memory.
        var isAcceptingPaused = false
        /// `handleClose` is being called: what fails inside it does not call it again.
        var isEnding = false
        /// `handleError` is being called, by `fail`.
        var isFailing = false
        /// Of a listener: so many are accepted per event at most …
        var acceptLimit: UInt8 = 1
        /// … and in this round of the loop, as far as eight bits tell, all of them came.
        var roundOfFullAccept: UInt8 = 0

        /// Has no descriptor any more; what is being called is still being called.
        mutating func leave() {
            let old = self
            self = Standing()
            (isEnding, isFailing) = (old.isEnding, old.isFailing)
        }
    }

    /// An address as a channel keeps it: the common kind takes no more room than a pointer to any other would.
    private enum Place {
        case ipv4(UInt32, port: UInt16)
        case other(Other)

        final class Other {
            let address: SocketAddress

            init(_ address: SocketAddress) { self.address = address }
        }

        init(_ address: SocketAddress) {
            if case .ipv4(let word, let port) = address {
                self = .ipv4(word, port: port)
            } else {
                self = .other(Other(address))
            }
        }

        var address: SocketAddress {
            switch self {
            case .ipv4(let word, let port): .ipv4(word, port: port)
            case .other(let other): other.address
            }
        }
    }

    /// Makes a channel without a socket.
    public init(loop: EventLoop) {
        self.loop = loop
    }

    /// Takes over a connected socket.
    public init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress? = nil) {
        self.loop = loop
        adopt(socket)
        standing.isConnected = true
        place = peer.map(Place.init)
    }

    /// Takes over a descriptor that is no socket (asyncore's `file_dispatcher`). Counts as connected; `recv` and `send` are
    /// read(2) and write(2), and there is no half of it to shut down.
    public init(loop: EventLoop, file: consuming OpenFile) {
        self.loop = loop
        standing.isFile = true
        standing.isConnected = true
        enter(file.release())
    }

    deinit {
        if isOpen { _ = Glibc.close(standing.descriptor) }
    }

    /// The descriptor, −1 without a socket.
    public final var descriptor: CInt { standing.descriptor }
    /// Has a socket or other descriptor that is not closed.
    public final var isOpen: Bool { standing.descriptor >= 0 }
    /// Connected to a peer: by construction, or because `connect` succeeded.
    public final var isConnected: Bool { standing.isConnected }
    /// `connect` was called and its outcome is not known yet.
    public final var isConnecting: Bool { standing.isConnecting }
    /// Accepts connections.
    public final var isListening: Bool { standing.isListening }
    /// The peer ended its stream: there is nothing more to read, so this channel is not watched for it.
    public final var isAtEndOfStream: Bool { standing.isAtEndOfStream }

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
        standing.isListening = true
        place = Place(bound)
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
        place = Place(address)
        standing.isConnecting = true
        adopt(socket)
    }

    /// Sets options on a socket made by `connect` or `listen`, before it does so. What is set on a listener its accepted
    /// sockets inherit (tcp(7)). Default: none.
    open func prepare(_ socket: borrowing Socket) {}

    /// Nobody else has this descriptor, by dup(2) or fork(2), so that closing it is enough for the kernel to watch it no more.
    /// Default: not known, and the kernel is told.
    open var isSoleOwner: Bool { false }

    /// Makes `close` send a reset instead of an orderly end (SO_LINGER with no time).
    public final func resetOnClose() {
        withSocket { $0.resetOnClose() }
    }

    /// Has the kernel ask now and then, where nothing is said, whether the peer is still there (SO_KEEPALIVE, tcp(7)).
    public final func keepAlive() {
        withSocket { $0.set(.keepAlive, true) }
    }

    /// Ends the stream towards the peer; receiving goes on (shutdown(2), SHUT_WR).
    public final func shutdownWrite() throws(SystemError) {
        if standing.isFile { throw SystemError(doing: "shut down sending", code: ENOTSOCK) }
        try withSocket { socket throws(SystemError) in try socket.shutdownWrite() }
    }

    /// Bytes that have come and were not received yet.
    public final var receivableByteCount: Int { withSocket { $0.receivableByteCount() } ?? 0 }

    /// Bytes the kernel took that the peer has not acknowledged yet; 0 where the connection is lost.
    public final var unacknowledgedByteCount: Int { withSocket { $0.unacknowledgedByteCount() } ?? 0 }

    /// The address of this end.
    public final func localAddress() throws(SystemError) -> SocketAddress? {
        try withSocket { socket throws(SystemError) in try socket.localAddress() }
    }

    /// Leaves the loop and closes the socket. Harmless when repeated. `handleClose` is not called.
    open func close() {
        guard isOpen else { return }
        loop.unregister(self, watchedFor: standing.watched)
        let descriptor = standing.descriptor
        standing.leave()
        _ = Glibc.close(descriptor)
    }

    private func adopt(_ socket: consuming Socket) {
        enter(socket.release())
    }

    /// Lends the socket; nil where there is none.
    @discardableResult
    private func withSocket<Result, Failure: Error>(
        _ body: (borrowing Socket) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard isOpen, !standing.isFile else { return nil }
        return try Socket.lend(standing.descriptor, to: body)
    }

    private func enter(_ descriptor: CInt) {
        standing.descriptor = descriptor
        standing.isPlain = !standing.isFile && receivesAndSendsPlainly
        standing.registration = loop.register(self)
        interestMayHaveChanged()
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
        guard isOpen, !standing.isUndecided else { return }
        standing.isUndecided = true
        loop.isUndecided(descriptor)
    }

    /// Asks what this channel waits for, if the loop has yet to do that.
    ///
    /// - Returns: what it is watched for and what it is to be watched for, where these differ.
    final func decide() -> (old: Interest, new: Interest)? {
        guard standing.isUndecided else { return nil }
        standing.isUndecided = false
        let registration = standing.registration
        let wanted = interest
        // The predicates may have closed the channel, and even opened it anew.
        guard wanted != standing.watched, isRegistered(as: registration) else { return nil }
        return (standing.watched, wanted)
    }

    /// The kernel was told.
    final func isWatched(for interest: Interest) {
        standing.watched = interest
    }

    /// What tells news of this channel from news of whoever had its descriptor before.
    final var token: UInt64 { UInt64(standing.registration) << 32 | UInt64(UInt32(bitPattern: descriptor)) }

    /// Is it still the channel that the loop entered under this number?
    final func isRegistered(as registration: UInt32) -> Bool {
        standing.registration == registration
    }

    /// What the kernel is to watch for. A listener never waits to write; while connecting, writability is the outcome. The
    /// end of the stream stays readable for ever, so who has seen it is not asked again.
    final var interest: Interest {
        if isListening { return !standing.isAcceptingPaused && readable() ? .read : [] }
        if isConnecting { return .write }
        var interest: Interest = []
        if !isAtEndOfStream && readable() { interest.insert(.read) }
        if writable() { interest.insert(.write) }
        if urgentReadable() { interest.insert(.urgent) }
        return interest
    }

    /// An event of this channel is being served: what is not to be done in the middle of it can be left to
    /// `EventLoop.afterEvent(_:)`.
    public final var isBeingServed: Bool { loop.isServing(self) }

    // MARK: - Receiving and sending

    /// This class and its subclasses leave `recv(into:)` and `send` as they are, so that a chat channel need not ask for them,
    /// but can make the system call itself. Default: not known, and they are called.
    open var receivesAndSendsPlainly: Bool { false }

    /// One recv(2) into the buffer, read(2) of what is no socket. Tests script it here.
    open func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        standing.isFile ? try OpenFile.read(descriptor, into: buffer) : try Socket.receive(descriptor, into: buffer)
    }

    /// One send(2), write(2) to what is no socket: how many bytes the kernel took, 0 where it would block. Tests script it here.
    open func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        standing.isFile ? try OpenFile.write(descriptor, bytes) : try Socket.send(descriptor, bytes)
    }

    /// `recv(into:)`, where anybody may have overridden it.
    @inline(__always)
    final func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        if _fastPath(standing.isPlain) { return try Socket.receive(descriptor, into: buffer) }
        return try recv(into: buffer)
    }

    /// `send`, where anybody may have overridden it.
    @inline(__always)
    final func transmit(_ bytes: UnsafeRawBufferPointer, endFollows: Bool) throws(SystemError) -> Int {
        if _fastPath(standing.isPlain) { return try Socket.send(descriptor, bytes, endFollows: endFollows) }
        return try send(bytes)
    }

    /// The kernel said with the event being served that the peer has ended its stream, and is not gone altogether: what can be read
    /// is the rest, and the end.
    @inline(__always)
    final var hasPeerEnded: Bool { standing.hasPeerEnded }

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
    ///
    /// The bound grows while connections keep waiting, and what is beyond it is told again next turn: to ask until there is
    /// no more costs most where there is but one, for accept4(2) makes a socket before it looks.
    open func handleAccept() throws {
        let round = UInt8(truncatingIfNeeded: loop.rounds)
        if round &- standing.roundOfFullAccept <= 1 {
            standing.acceptLimit = min(Self.acceptBatch, 2 * standing.acceptLimit)
        }
        let limit = standing.acceptLimit
        for count in 0..<limit {
            guard isListening, !standing.isAcceptingPaused, readable() else { return }
            do {
                guard let (connection, peer) = try accept() else {
                    standing.acceptLimit = max(1, count)
                    return
                }
                handleAccepted(Socket(nonBlocking: connection), from: peer)
            } catch {
                guard error.isExhaustion else { throw error }
                pauseAccepting(after: error)
                return
            }
        }
        standing.roundOfFullAccept = round
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
        guard isOpen, !standing.isEnding else { return }
        standing.isEnding = true
        defer { standing.isEnding = false }
        handleClose()
    }

    /// Calls `handleError`. What fails inside it, such as a push, is no call of its own: it is reported and ends the channel.
    final func fail(with error: any Error) {
        guard !standing.isFailing else {
            loop.reportError(self, error)
            return endChannel()
        }
        standing.isFailing = true
        defer { standing.isFailing = false }
        handleError(error)
    }

    // MARK: - Events, from the loop

    private static let acceptBatch: UInt8 = 64
    private static let acceptRest = Duration.milliseconds(100)

    // Part of the loop's turn, as `receive` and `transmit` are of the reads and sends: each function that returns after the kernel was
    // entered is one whose return the processor guesses wrong (10 ns).
    @inline(__always)
    final func serve(_ readiness: Readiness) {
        serve(readiness, watchedFor: standing.watched)
    }

    @inline(__always)
    final func serve(_ readiness: Readiness, watchedFor interest: Interest) {
        let registration = standing.registration
        // Hang-up means "read to the end first"; a channel that does not read learns of it by writing.
        let hangUp = readiness.isHungUp
        standing.hasPeerEnded = readiness.contains(.peerEnded) && !hangUp
        if readiness.contains(.read) || (hangUp && interest.contains(.read)) {
            serveRead()
        }
        // A callback may have closed this channel, and may even have opened it anew.
        guard isRegistered(as: registration) else { return }
        if readiness.contains(.write) || (hangUp && !interest.contains(.read)) {
            serveWrite()
        }
        if readiness.contains(.urgent) {
            guard isRegistered(as: registration) else { return }
            serveUrgent()
        }
        // Most events change nothing about that, and then the loop need not look here again.
        guard isRegistered(as: registration) else { return }
        if self.interest != standing.watched { interestMayHaveChanged() }
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
        standing.isConnecting = false
        if code != 0 {
            throw SystemError(doing: "connect \(address.map(String.init(describing:)) ?? "")", code: code)
        }
        standing.isConnected = true
        try handleConnect()
    }

    /// One connection that was waiting, nil if there is none; its descriptor is the caller's. Tests script it here.
    func accept() throws(SystemError) -> (descriptor: CInt, peer: SocketAddress)? {
        guard isOpen else { return nil }
        return try Socket.accept(descriptor)
    }

    /// How connecting went: 0, or why it failed. Tests script it here.
    func pendingError() -> CInt {
        withSocket { $0.pendingError() } ?? 0
    }

    /// A read came to the end of the stream.
    final func noteEndOfStream() {
        standing.isAtEndOfStream = true
    }

    /// Rests accepting for a moment, as `handleAccept` does where the system is out of descriptors or memory: for an owner
    /// who learns of it by something else, such as a connection it cannot make. Calls `handleAcceptPaused`, unless this
    /// channel rests already or does not listen.
    public final func pauseAccepting(after error: SystemError) {
        guard isListening, !standing.isAcceptingPaused else { return }
        standing.isAcceptingPaused = true
        interestMayHaveChanged()
        handleAcceptPaused(error)
        loop.schedule(after: Self.acceptRest) { [weak self] in
            self?.standing.isAcceptingPaused = false
            self?.interestMayHaveChanged()
        }
    }
}
