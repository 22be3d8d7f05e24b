import CLinux
import Glibc

/// The address of one end of a socket: IPv4, IPv6 or a Unix path, ready for the kernel.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four bytes in network order (ip(7)) and a port.
    case ipv4(UInt32, port: UInt16)
    /// Sixteen bytes as two words in network order (ipv6(7)), the scope for link-local ones, and a port.
    case ipv6(UInt64, UInt64, scope: UInt32, port: UInt16)
    /// A file system path (unix(7)); empty for an unnamed peer.
    case unix(String)

    /// `127.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or `unix:` for an unnamed peer.
    public var description: String {
        switch self {
        case .ipv4(let word, let port): Self.text(of: word, port: port)
        case .ipv6(_, _, _, let port): "[\(numericHost)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The port, or nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, _, let port): port
        case .unix: nil
        }
    }

    /// Does this name the machine itself?
    public var isLoopback: Bool {
        switch self {
        case .ipv4(let word, _): UInt32(bigEndian: word) >> 24 == 127
        case .ipv6(let high, let low, _, _): high == 0 && low == UInt64(1).bigEndian
        case .unix: true
        }
    }

    /// The machine itself, over IPv4.
    public static func loopback(port: UInt16) -> SocketAddress {
        .ipv4(UInt32(0x7F00_0001).bigEndian, port: port)
    }

    /// Is this an IPv4 address?
    public var isIPv4: Bool {
        if case .ipv4 = self { true } else { false }
    }

    /// Does this stand for every address of the machine (`0.0.0.0`, `[::]`)?
    public var isWildcard: Bool {
        switch self {
        case .ipv4(let word, _): word == 0
        case .ipv6(let high, let low, _, _): high == 0 && low == 0
        case .unix: false
        }
    }

    /// Does this address belong to this machine, so that a connection to it comes back here?
    public var isOfThisMachine: Bool {
        if isLoopback || isWildcard { return true }
        var address = self
        switch self {
        case .ipv4(let word, _): address = .ipv4(word, port: 0)
        case .ipv6(let high, let low, let scope, _): address = .ipv6(high, low, scope: scope, port: 0)
        case .unix: return true
        }
        // Only an address of our own can be bound.
        do {
            try Socket.stream(for: address).bind(to: address)
            return true
        } catch {
            return false
        }
    }

    /// The longest path a Unix socket may have, in bytes (unix(7): sun_path less its NUL).
    public static let longestUnixPath = 107

    var family: CInt {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Written digit by digit: by interpolation it took a good part of an accepted connection's time.
    private static func text(of word: UInt32, port: UInt16) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: "255.255.255.255:65535".utf8.count) { text in
            var count = 0
            func put(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            func putDigits(of number: UInt16) {
                if number >= 10 { putDigits(of: number / 10) }
                put(UInt8(ascii: "0") + UInt8(number % 10))
            }
            let host = UInt32(bigEndian: word)
            for shift: UInt32 in [24, 16, 8, 0] {
                putDigits(of: UInt16(host >> shift & 255))
                put(UInt8(ascii: shift > 0 ? "." : ":"))
            }
            putDigits(of: port)
            return String(decoding: text[..<count], as: UTF8.self)
        }
    }

    private var numericHost: String {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = withSockAddr { address, byteCount in
            getnameinfo(address, byteCount, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        }
        guard failure == 0 else { return "?" }
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}

// MARK: - To and from the kernel's form

extension SocketAddress {
    /// Lends the address in the kernel's form.
    func withSockAddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .ipv4(let word, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = word
            return Self.lend(&address, byteCount: MemoryLayout<sockaddr_in>.size, body)
        case .ipv6(let high, let low, let scope, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) {
                $0.storeBytes(of: high, as: UInt64.self)
                $0.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
            }
            return Self.lend(&address, byteCount: MemoryLayout<sockaddr_in6>.size, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8.prefix(Self.longestUnixPath))
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            return Self.lend(&address, byteCount: MemoryLayout<sockaddr_un>.size, body)
        }
    }

    /// Reads an address that the kernel wrote; nil for a family we do not speak.
    init?(_ storage: sockaddr_storage, byteCount: socklen_t) {
        let parsed: SocketAddress? = withUnsafeBytes(of: storage) { raw in
            switch CInt(storage.ss_family) {
            case AF_INET:
                let address = raw.load(as: sockaddr_in.self)
                return .ipv4(address.sin_addr.s_addr, port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                var address = raw.load(as: sockaddr_in6.self)
                let words = withUnsafeBytes(of: &address.sin6_addr) {
                    ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
                let port = UInt16(bigEndian: address.sin6_port)
                // An IPv4 peer of a listener for both families (RFC 4291, 2.5.5.2) is shown as what it is.
                if words.0 == 0, UInt32(truncatingIfNeeded: words.1) == UInt32(0xFFFF).bigEndian {
                    return .ipv4(UInt32(truncatingIfNeeded: words.1 >> 32), port: port)
                }
                return .ipv6(words.0, words.1, scope: address.sin6_scope_id, port: port)
            case AF_UNIX:
                let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
                let path = raw[min(start, Int(byteCount))..<Int(byteCount)].prefix { $0 != 0 }
                return .unix(String(decoding: path, as: UTF8.self))
            default:
                return nil
            }
        }
        guard let parsed else { return nil }
        self = parsed
    }

    private static func lend<Address, Result>(
        _ address: inout Address,
        byteCount: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(byteCount)) }
        }
    }
}
