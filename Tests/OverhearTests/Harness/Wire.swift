import CLinux
import Glibc

/// One end of a connection, as a test holds it: blocking, but for no longer than 30 s.
final class Wire {
    /// How a stream came to its end.
    enum Ending { case endOfStream, reset }

    let descriptor: CInt
    private var isOpen = true

    /// A second hand on a descriptor that somebody else closes.
    init(borrowing descriptor: CInt) {
        self.descriptor = descriptor
        isOpen = false
    }

    init(owning descriptor: CInt) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Connects, to an address as the program writes them.
    ///
    /// - Parameter receiveBuffer: bytes that the kernel keeps for a reader that does not read.
    convenience init(to address: String, receiveBuffer: CInt? = nil) throws {
        let descriptor = try withSocketAddress(address) { family, address, length in
            let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw Trouble.call("socket") }
            if var receiveBuffer {
                setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
            }
            guard connect(descriptor, address, length) == 0 else {
                let trouble = Trouble.call("connect")
                Glibc.close(descriptor)
                throw trouble
            }
            return descriptor
        }
        self.init(owning: descriptor)
    }

    deinit { close() }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Trouble.call("send after \(sent) of \(bytes.count) bytes") }
            sent += count
        }
    }

    /// What the kernel takes now, of these bytes.
    func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
        max(0, bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Self.atOnce) })
    }

    /// Has the peer gone, as far as can be told without reading?
    var isClosedByPeer: Bool {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&state, 1, 0) > 0 && state.revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// One read; empty at the end of the stream.
    func receiveSome(atMost limit: Int = 65536) throws -> [UInt8] {
        var trouble: Trouble?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, limit, 0)
            if received < 0 { trouble = Trouble.call("recv") }
            count = max(0, received)
        }
        if let trouble { throw trouble }
        return bytes
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receiveSome(atMost: min(65536, count - bytes.count))
            guard !more.isEmpty else { throw Trouble("the stream ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        return bytes
    }

    func receiveText(exactly count: Int) throws -> String {
        String(decoding: try receive(exactly: count), as: UTF8.self)
    }

    /// Everything until the stream ends, and how it did.
    func receiveToEnd() throws -> (bytes: [UInt8], ending: Ending) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 {
                return (bytes, .endOfStream)
            } else if errno == ECONNRESET {
                return (bytes, .reset)
            } else {
                throw Trouble.call("recv after \(bytes.count) bytes")
            }
        }
    }

    func textToEnd() throws -> String { String(decoding: try receiveToEnd().bytes, as: UTF8.self) }

    /// Ends the stream towards the peer; receiving goes on.
    func shutdownWrite() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Ends both at once, the hard way.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    private static let atOnce = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
}

/// Lends the kernel's form of `HOST:PORT`, `[V6]:PORT` or `unix:PATH`, all numeric.
func withSocketAddress<Value>(
    _ text: String,
    _ body: (CInt, UnsafePointer<sockaddr>, socklen_t) throws -> Value
) throws -> Value {
    if text.hasPrefix("unix:") {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.dropFirst(5).utf8) }
        return try withUnsafeBytes(of: &address) {
            try body(AF_UNIX, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }
    guard let colon = text.lastIndex(of: ":") else { throw Trouble("\(text) is no address") }
    let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(text[text.index(after: colon)...]), &hints, &list) == 0, let found = list else {
        throw Trouble("\(text) is no numeric address")
    }
    defer { freeaddrinfo(found) }
    return try body(found.pointee.ai_family, found.pointee.ai_addr, found.pointee.ai_addrlen)
}
