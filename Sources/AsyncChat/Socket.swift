import CLinux
import Glibc

/// One open descriptor, closed when its owner lets go of it.
///
/// Those made here are non-blocking and close-on-exec. Has no buffers and no loop: what is here is one system call each.
public struct Socket: ~Copyable {
    /// The descriptor number; valid as long as this value lives.
    public let descriptor: CInt

    /// Takes over a descriptor that nobody else will close, and makes it non-blocking.
    public init(owning descriptor: CInt) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Takes over one that the kernel made non-blocking.
    init(nonBlocking descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// A new stream socket (socket(2)) of the address's family.
    public static func stream(for address: SocketAddress) throws(SystemError) -> Socket {
        if case .unix(let path) = address, path.utf8.count > SocketAddress.longestUnixPath {
            throw SystemError(doing: "open a socket for \(address)", code: ENAMETOOLONG)
        }
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw .last("open a socket for \(address)") }
        return Socket(nonBlocking: descriptor)
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Leaves the descriptor to somebody who will close it.
    consuming func release() -> CInt {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// Lends a socket that somebody else owns.
    static func lend<Result, Failure: Error>(
        _ descriptor: CInt,
        to body: (borrowing Socket) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let socket = Socket(nonBlocking: descriptor)
        do {
            let result = try body(socket)
            _ = socket.release()
            return result
        } catch {
            _ = socket.release()
            throw error
        }
    }

    // MARK: - Naming and connecting

    /// bind(2).
    public borrowing func bind(to address: SocketAddress) throws(SystemError) {
        let failure = address.withSockAddr { Glibc.bind(descriptor, $0, $1) }
        guard failure == 0 else { throw .last("bind \(address)") }
    }

    /// listen(2).
    public borrowing func listen(backlog: Int) throws(SystemError) {
        guard Glibc.listen(descriptor, CInt(clamping: backlog)) == 0 else { throw .last("listen") }
    }

    /// Starts connect(2). The answer comes as writability, also where the kernel connects at once.
    public borrowing func connect(to address: SocketAddress) throws(SystemError) {
        let failure = address.withSockAddr { Glibc.connect(descriptor, $0, $1) }
        guard failure != 0, errno != EINPROGRESS, errno != EINTR else { return }
        // EAGAIN from a Unix socket is a full backlog and stays one: it never turns into a connection (unix(7)).
        throw .last("connect \(address)")
    }

    /// accept4(2): nil when none is waiting (any more). The caller owns the descriptor and wraps it at once; an optional
    /// of a move-only socket beside its address is more than this compiler takes.
    static func accept(_ descriptor: CInt) throws(SystemError) -> (descriptor: CInt, peer: SocketAddress)? {
        var storage = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                accept4(descriptor, $0, &byteCount, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
        }
        guard connection >= 0 else {
            switch errno {
            case EAGAIN, ECONNABORTED, EINTR: return nil
            // Linux reports here what already went wrong with the new connection; the listener is fine (accept(2)).
            case EPROTO, ENOPROTOOPT, ENETDOWN, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT,
                EPERM:
                return nil
            default: throw .last("accept")
            }
        }
        return (connection, SocketAddress(storage, byteCount: byteCount) ?? .unix(""))
    }

    /// The address this end has (getsockname(2)).
    public borrowing func localAddress() throws(SystemError) -> SocketAddress {
        try address("read a socket's own address", getsockname)
    }

    /// The address the other end has (getpeername(2)).
    public borrowing func peerAddress() throws(SystemError) -> SocketAddress {
        try address("read a peer's address", getpeername)
    }

    private borrowing func address(
        _ doing: String,
        _ ask: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failure = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &byteCount) }
        }
        guard failure == 0 else { throw .last(doing) }
        return SocketAddress(storage, byteCount: byteCount) ?? .unix("")
    }

    // MARK: - Bytes

    /// What one recv(2) brought.
    public enum ReadOutcome: Equatable, Sendable {
        /// So many bytes, at least one.
        case bytes(Int)
        /// Nothing for now (EAGAIN).
        case wouldBlock
        /// Nothing any more: the peer ended its stream.
        case endOfStream
    }

    /// One recv(2).
    @inline(__always)
    static func receive(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError)
        -> ReadOutcome
    {
        let count = uncancelled_recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if _fastPath(count > 0) { return .bytes(count) }
        return try receivedNothing(count, descriptor, into: buffer)
    }

    /// What recv(2) answers in place of a number of bytes. A function of its own, and so out of the way of what comes every time.
    @inline(never)
    private static func receivedNothing(
        _ answer: Int,
        _ descriptor: CInt,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> ReadOutcome {
        switch CInt(-answer) {
        case 0: return .endOfStream
        case EAGAIN: return .wouldBlock
        case EINTR: return try receive(descriptor, into: buffer)
        case let code: throw SystemError(doing: "receive", code: code)
        }
    }

    /// One send(2), never raising SIGPIPE: how many bytes the kernel took, 0 where it would block.
    ///
    /// - Parameter endFollows: the end of the stream follows at once, and the kernel may send both in one segment (MSG_MORE).
    @inline(__always)
    static func send(
        _ descriptor: CInt,
        _ bytes: UnsafeRawBufferPointer,
        endFollows: Bool = false
    ) throws(SystemError) -> Int {
        let flags = CInt(MSG_NOSIGNAL) | (endFollows ? CInt(MSG_MORE) : 0)
        let count = uncancelled_send(descriptor, bytes.baseAddress, bytes.count, flags)
        if _fastPath(count >= 0) { return count }
        return try sentNothing(count, descriptor, bytes, endFollows: endFollows)
    }

    /// The same for send(2).
    @inline(never)
    private static func sentNothing(
        _ answer: Int,
        _ descriptor: CInt,
        _ bytes: UnsafeRawBufferPointer,
        endFollows: Bool
    ) throws(SystemError) -> Int {
        switch CInt(-answer) {
        case EAGAIN: return 0
        case EINTR: return try send(descriptor, bytes, endFollows: endFollows)
        case let code: throw SystemError(doing: "send", code: code)
        }
    }

    /// One recv(2) of the urgent byte, nil if there is none.
    static func receiveUrgent(_ descriptor: CInt) throws(SystemError) -> UInt8? {
        var byte: UInt8 = 0
        let count = Glibc.recv(descriptor, &byte, 1, CInt(MSG_OOB))
        if count == 1 { return byte }
        // EINVAL: none came, or it was taken already.
        guard count == 0 || errno == EAGAIN || errno == EINVAL || errno == EINTR else {
            throw .last("receive urgent data")
        }
        return nil
    }

    /// One send(2) of an urgent byte.
    static func sendUrgent(_ descriptor: CInt, _ byte: UInt8) throws(SystemError) -> Bool {
        var byte = byte
        let count = Glibc.send(descriptor, &byte, 1, CInt(MSG_OOB | MSG_NOSIGNAL))
        guard count == 1 || errno == EAGAIN || errno == EINTR else { throw .last("send urgent data") }
        return count == 1
    }

    /// shutdown(2) with SHUT_WR: the peer reads the end of the stream after what was sent.
    public borrowing func shutdownWrite() throws(SystemError) {
        guard Glibc.shutdown(descriptor, CInt(SHUT_WR)) == 0 else { throw .last("shut down sending") }
    }

    /// Bytes that the kernel has and nobody has received yet (SIOCINQ, tcp(7)); 0 where that is unknown.
    public borrowing func receivableByteCount() -> Int {
        var count: CInt = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Bytes that the kernel took and the peer has not acknowledged (SIOCOUTQ, tcp(7)); 0 where that is unknown, and where the
    /// connection is lost, so that nobody ever will.
    public borrowing func unacknowledgedByteCount() -> Int {
        var count: CInt = 0
        guard ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0, count > 0 else { return 0 }
        return isLost ? 0 : Int(count)
    }

    /// The connection was reset, or has timed out (tcpi_state of TCP_INFO, its first byte). The kernel then still counts what it let go of.
    private var isLost: Bool {
        var state: UInt8 = 0
        var byteCount = socklen_t(MemoryLayout<UInt8>.size)
        return getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &state, &byteCount) == 0 && state == UInt8(TCP_CLOSE)
    }

    // MARK: - Options (socket(7), tcp(7))

    /// The pending error (SO_ERROR), cleared by reading it; 0 for none.
    public borrowing func pendingError() -> CInt {
        var code: CInt = 0
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &byteCount) == 0 else { return errno }
        return code
    }

    /// A yes-or-no option that this engine uses.
    public enum Option: Sendable {
        /// SO_REUSEADDR
        case reuseAddress
        /// SO_REUSEPORT
        case reusePort
        /// SO_KEEPALIVE
        case keepAlive
        /// SO_OOBINLINE: urgent bytes stay in the stream.
        case urgentInline
        /// TCP_NODELAY; nothing to do on a Unix socket.
        case noDelay
        /// TCP_QUICKACK, until the kernel thinks otherwise. Off before connect(2): the handshake's last acknowledgement waits for
        /// what is sent then, and goes with it, or after 200 ms alone; the server does not learn of the connection before.
        case quickAcknowledgement
        /// IPV6_V6ONLY
        case ipv6Only
    }

    /// Sets an option. Returns false where the kernel refuses, which no caller here needs to stop for.
    @discardableResult
    public borrowing func set(_ option: Option, _ isOn: Bool) -> Bool {
        var value: CInt = isOn ? 1 : 0
        let (level, name): (CInt, CInt) =
            switch option {
            case .reuseAddress: (SOL_SOCKET, SO_REUSEADDR)
            case .reusePort: (SOL_SOCKET, SO_REUSEPORT)
            case .keepAlive: (SOL_SOCKET, SO_KEEPALIVE)
            case .urgentInline: (SOL_SOCKET, SO_OOBINLINE)
            case .noDelay: (CInt(IPPROTO_TCP), TCP_NODELAY)
            case .quickAcknowledgement: (CInt(IPPROTO_TCP), TCP_QUICKACK)
            case .ipv6Only: (CInt(IPPROTO_IPV6), IPV6_V6ONLY)
            }
        return setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<CInt>.size)) == 0
    }

    /// Makes closing send a reset instead of an orderly end (SO_LINGER with no time).
    public borrowing func resetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
}
