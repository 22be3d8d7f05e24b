import AsyncChat
import Glibc

/// One end of a connection outside the relay, moved by hand: nothing is sent or received but by a call.
final class WirePeer {
    /// How the stream towards this peer stands.
    enum Incoming: Equatable { case open, ended, reset }

    private(set) var received: [UInt8] = []
    private(set) var incoming = Incoming.open
    /// Sending failed: whoever is there takes nothing more.
    private(set) var isRefused = false
    private var descriptor: CInt

    init(owning descriptor: CInt) {
        self.descriptor = descriptor
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit { close() }

    /// Connects; the listener need not have accepted for that.
    static func connected(to address: SocketAddress, bufferByteCount: CInt? = nil) throws -> WirePeer {
        let peer = WirePeer(owning: try WireSocket.open(bufferByteCount: bufferByteCount))
        try WireSocket.withLoopback(port: address.port ?? 0) {
            try WireSocket.check(Glibc.connect(peer.descriptor, $0, $1), "connect")
        }
        return peer
    }

    /// The same by a Unix socket's file.
    static func connected(toFile path: String) throws -> WirePeer {
        let socket = try Socket.stream(for: .unix(path))
        try socket.connect(to: .unix(path))
        return WirePeer(owning: fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0))
    }

    /// Offers bytes once; answers how many were taken.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>, urgent: Bool = false) -> Int {
        let bytes = Array(bytes)
        guard !bytes.isEmpty, descriptor >= 0 else { return 0 }
        let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT) | (urgent ? CInt(MSG_OOB) : 0)
        let count = Glibc.send(descriptor, bytes, bytes.count, flags)
        if count < 0, errno != EAGAIN { isRefused = true }
        return max(0, count)
    }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    /// Takes what is there, once. True if there was anything, an ending included.
    @discardableResult
    func receive(atMost byteCount: Int = 65536) -> Bool {
        guard descriptor >= 0, incoming == .open else { return false }
        var buffer = [UInt8](repeating: 0, count: byteCount)
        let count = Glibc.recv(descriptor, &buffer, byteCount, CInt(MSG_DONTWAIT))
        if count > 0 {
            received += buffer[..<count]
        } else if count == 0 {
            incoming = .ended
        } else if errno == EAGAIN {
            return false
        } else {
            incoming = .reset
        }
        return true
    }

    /// Segments that have come on this connection (tcpi_segs_in of Linux's struct tcp_info).
    var segmentCount: UInt32 {
        var information = [UInt32](repeating: 0, count: 64)
        var byteCount = socklen_t(information.count * 4)
        let failure = getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &information, &byteCount)
        return failure == 0 ? information[140 / 4] : 0
    }

    var text: String { String(decoding: received, as: UTF8.self) }
    var isClosed: Bool { descriptor < 0 }

    func shutdownWrite() {
        Glibc.shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Closes with a reset.
    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }
}

/// A server's listening socket, on a port of its own.
final class WireListener {
    let address: SocketAddress
    private let descriptor: CInt

    /// - Parameters:
    ///   - refuses: keeps the port and answers nobody.
    ///   - backlog: how many may have connected without being accepted, less one; whoever comes then gets no answer.
    init(refuses: Bool = false, backlog: CInt = 128, bufferByteCount: CInt? = nil) throws {
        descriptor = try WireSocket.open(bufferByteCount: bufferByteCount)
        try WireSocket.withLoopback(port: 0) { [descriptor] in
            try WireSocket.check(Glibc.bind(descriptor, $0, $1), "bind")
        }
        if !refuses { try WireSocket.check(Glibc.listen(descriptor, backlog), "listen") }
        var name = sockaddr_in()
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = withUnsafeMutablePointer(to: &name) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &byteCount) }
        }
        try WireSocket.check(failure, "getsockname")
        address = .loopback(port: UInt16(bigEndian: name.sin_port))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Whoever has connected, nil if nobody has (any more).
    func accept() -> WirePeer? {
        acceptDescriptor().map(WirePeer.init(owning:))
    }

    /// The same for who will own the descriptor; it does not block.
    func acceptDescriptor() -> CInt? {
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        return connection
    }
}

/// What peers and listeners do to descriptors.
enum WireSocket {
    static func open(bufferByteCount: CInt?) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        try check(descriptor, "socket")
        if let bufferByteCount { setBuffers(of: descriptor, byteCount: bufferByteCount) }
        return descriptor
    }

    /// Small buffers make partial sends and full queues out of little traffic.
    static func setBuffers(of descriptor: CInt, byteCount: CInt) {
        var byteCount = byteCount
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &byteCount, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &byteCount, socklen_t(MemoryLayout<CInt>.size))
    }

    /// What an option of the socket level is (getsockopt(2)).
    static func option(_ name: CInt, of descriptor: CInt) -> CInt {
        var value: CInt = -1
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &byteCount) == 0 ? value : -1
    }

    static func withLoopback(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void) rethrows {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    static func check(_ result: CInt, _ doing: String) throws {
        if result < 0 { throw SystemError(doing: doing, code: errno) }
    }
}
