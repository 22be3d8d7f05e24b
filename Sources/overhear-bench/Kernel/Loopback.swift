import AsyncChat
import CLinux
import Glibc

extension SystemError {
    /// Takes errno; call it before anything else may change it.
    static func current(_ doing: String) -> SystemError {
        let code = errno
        return SystemError(doing: doing, code: code)
    }
}

/// Plain TCP sockets on 127.0.0.1, as descriptors: who asks for one closes it.
enum Loopback {
    private static func withAddress<Result>(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    private static func socket(_ flags: Int = 0) throws(SystemError) -> CInt {
        let descriptor = Glibc.socket(AF_INET, CInt(Int(SOCK_STREAM.rawValue) | Int(SOCK_CLOEXEC.rawValue) | flags), 0)
        guard descriptor >= 0 else { throw .current("open a socket") }
        return descriptor
    }

    /// A listener that does not block; port 0: a free one.
    static func listen(on port: UInt16) throws(SystemError) -> CInt {
        let descriptor = try socket(Int(SOCK_NONBLOCK.rawValue))
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard withAddress(port, { bind(descriptor, $0, $1) }) == 0 else { throw .current("bind 127.0.0.1:\(port)") }
        guard Glibc.listen(descriptor, 4096) == 0 else { throw .current("listen on 127.0.0.1:\(port)") }
        return descriptor
    }

    /// A connected socket that blocks, but not for ever: who does not answer for 10 s does not answer.
    static func connect(to port: UInt16) throws(SystemError) -> CInt {
        let descriptor = try socket()
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let error = SystemError.current("connect to 127.0.0.1:\(port)")
            close(descriptor)
            throw error
        }
        sendAtOnce(descriptor)
        limitBlocking(descriptor, toSeconds: 10)
        return descriptor
    }

    static func limitBlocking(_ descriptor: CInt, toSeconds seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// A socket that does not block, on its way to the port.
    static func beginConnecting(to port: UInt16) throws(SystemError) -> CInt {
        let descriptor = try socket(Int(SOCK_NONBLOCK.rawValue))
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 || errno == EINPROGRESS else {
            let error = SystemError.current("connect to 127.0.0.1:\(port)")
            close(descriptor)
            throw error
        }
        sendAtOnce(descriptor)
        return descriptor
    }

    static func sendAtOnce(_ descriptor: CInt) {
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// For the many that only stood there: closing leaves nothing behind (see `ClosedConnections`).
    static func resetOnClose(_ descriptor: CInt) {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    static func stopBlocking(_ descriptor: CInt) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    static func port(of descriptor: CInt) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// A port nobody listens on at the moment, for a program that must be told one: below those that the kernel gives to
    /// connections (ip(7), ip_local_port_range), for a load makes thousands before the program listens.
    static func freePort() throws(SystemError) -> UInt16 {
        var failures = 0
        while true {
            do {
                let descriptor = try listen(on: .random(in: 20_000..<32_768))
                defer { close(descriptor) }
                return port(of: descriptor)
            } catch {
                failures += 1
                guard failures < 100 else { throw error }
            }
        }
    }
}
