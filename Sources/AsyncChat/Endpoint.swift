import CLinux
import Glibc

/// An address as people write it: a host that may be a name, with a port, or the path of a Unix socket.
///
/// `HOST:PORT`, `[v6]:PORT`, `:PORT` (all interfaces, both families), `unix:PATH`.
public enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or numeric address (without brackets; empty for all interfaces) and a port.
    case host(String, port: UInt16)
    /// The path of a Unix socket.
    case unix(path: String)

    /// Why a text is not an endpoint, as one sentence's end.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong with it.
        public let description: String
    }

    /// Reads the written form.
    public init(parsing text: String) throws(Malformed) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty else { throw Malformed(description: "a Unix socket needs a path: unix:/run/name.sock") }
            guard path.utf8.count <= SocketAddress.longestUnixPath else {
                throw Malformed(
                    description: "the path of a Unix socket has at most \(SocketAddress.longestUnixPath) bytes"
                )
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            throw Malformed(description: "it has no port; write HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH")
        }
        let portText = text[text.index(after: colon)...]
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText)
        else {
            throw Malformed(description: "'\(portText)' is not a port from 0 to 65535")
        }
        self = .host(try Self.host(in: text[..<colon]), port: port)
    }

    /// The written form, which `init(parsing:)` reads.
    public var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    private static func host(in text: Substring) throws(Malformed) -> String {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let host = text.dropFirst().dropLast()
            guard host.contains(":") else {
                throw Malformed(description: "brackets are for IPv6 addresses, which '\(host)' is not")
            }
            return String(host)
        }
        guard !text.contains("["), !text.contains("]") else {
            throw Malformed(description: "'\(text)' is not a host; an IPv6 address is written [IPV6]:PORT")
        }
        guard !text.contains(":") else {
            throw Malformed(description: "an IPv6 address needs brackets: [\(text)]:PORT")
        }
        return String(text)
    }
}

// MARK: - Name look-up

/// A name that could not be turned into addresses (getaddrinfo(3)).
public struct ResolveError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name and the resolver's own words: `resolve redis: Name or service not known`.
    public let description: String
}

extension Endpoint {
    /// The addresses this names, in the system's order of preference. **May block** on name look-up, so a loop asks a
    /// `NameResolver` instead; at start, before any loop runs, it is fine.
    ///
    /// - Parameter passive: for listening: an empty host means every interface.
    public func resolve(passive: Bool = false) throws(ResolveError) -> [SocketAddress] {
        switch self {
        case .unix(let path):
            return [.unix(path)]
        case .host(let host, let port):
            if passive, host.isEmpty { return [Self.everyInterface(port: port)] }
            if let address = numericAddress { return [address] }
            return try Self.lookUp(host: host.isEmpty ? "localhost" : host, port: port, numericOnly: false)
        }
    }

    /// One IPv6 socket with IPV6_V6ONLY off hears both families, where the machine has IPv6 at all.
    private static func everyInterface(port: UInt16) -> SocketAddress {
        let both = SocketAddress.ipv6(0, 0, scope: 0, port: port)
        do {
            _ = try Socket.stream(for: both)
            return both
        } catch {
            return .ipv4(0, port: port)
        }
    }

    /// The address, if no look-up is needed to know it.
    public var numericAddress: SocketAddress? {
        switch self {
        case .unix(let path): .unix(path)
        case .host(let host, let port):
            host.isEmpty ? nil : try? Self.lookUp(host: host, port: port, numericOnly: true).first
        }
    }

    private static func lookUp(host: String, port: UInt16, numericOnly: Bool) throws(ResolveError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &list)
        guard failure == 0, let first = list else {
            throw ResolveError(description: "resolve \(host): \(String(cString: gai_strerror(failure)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        for entry in sequence(first: first, next: { $0.pointee.ai_next }) {
            var storage = sockaddr_storage()
            let byteCount = min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: byteCount))
            }
            if let address = SocketAddress(storage, byteCount: socklen_t(byteCount)) { addresses.append(address) }
        }
        return addresses
    }
}
