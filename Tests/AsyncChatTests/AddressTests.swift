import Glibc
import Testing

@testable import AsyncChat

@Suite struct `An endpoint` {
    @Test(arguments: [
        ("127.0.0.1:80", Endpoint.host("127.0.0.1", port: 80)),
        ("redis:6379", .host("redis", port: 6379)),
        ("[::1]:443", .host("::1", port: 443)),
        ("[fe80::1%eth0]:1", .host("fe80::1%eth0", port: 1)),
        (":0", .host("", port: 0)),
        (":65535", .host("", port: 65535)),
        ("unix:/run/x.sock", .unix(path: "/run/x.sock")),
        ("unix:a:b", .unix(path: "a:b")),
    ]) func `is read as people write it, and written the same`(text: String, endpoint: Endpoint) throws {
        #expect(try Endpoint(parsing: text) == endpoint)
        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        ("redis", "it has no port; write HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"),
        ("", "it has no port; write HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"),
        ("[::1]", "it has no port; write HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"),
        ("redis:", "'' is not a port from 0 to 65535"),
        ("redis:http", "'http' is not a port from 0 to 65535"),
        ("redis:65536", "'65536' is not a port from 0 to 65535"),
        ("redis:-1", "'-1' is not a port from 0 to 65535"),
        ("redis:+1", "'+1' is not a port from 0 to 65535"),
        ("redis: 1", "' 1' is not a port from 0 to 65535"),
        ("::1:80", "an IPv6 address needs brackets: [::1]:PORT"),
        ("[redis]:80", "brackets are for IPv6 addresses, which 'redis' is not"),
        ("[]:80", "brackets are for IPv6 addresses, which '' is not"),
        ("[::1:80", "'[::1' is not a host; an IPv6 address is written [IPV6]:PORT"),
        ("unix:", "a Unix socket needs a path: unix:/run/name.sock"),
        ("unix:" + String(repeating: "x", count: 108), "the path of a Unix socket has at most 107 bytes"),
    ]) func `says what is wrong with a text that is none`(text: String, sentence: String) {
        #expect(throws: Endpoint.Malformed(description: sentence)) { try Endpoint(parsing: text) }
    }

    @Test func `resolves numbers without asking anybody`() throws {
        #expect(try Endpoint(parsing: "127.0.0.1:80").numericAddress?.description == "127.0.0.1:80")
        #expect(try Endpoint(parsing: "[::1]:80").resolve().map(\.description) == ["[::1]:80"])
        #expect(try Endpoint(parsing: "unix:/x").resolve() == [.unix("/x")])
        #expect(try Endpoint(parsing: "redis:80").numericAddress == nil)
    }

    @Test func `without a host means this machine to connect, every interface to listen`() throws {
        let endpoint = try Endpoint(parsing: ":80")
        #expect(try endpoint.resolve().allSatisfy(\.isLoopback))
        #expect(try endpoint.resolve(passive: true).map(\.isWildcard) == [true])
    }

    @Test func `that no resolver knows is an error in its words`() throws {
        let endpoint = Endpoint.host("no such host", port: 80)
        let error = #expect(throws: ResolveError.self) { try endpoint.resolve() }
        #expect(error?.description.hasPrefix("resolve no such host: ") == true)
    }
}

@Suite struct `A socket address` {
    @Test func `is written as its endpoint would be`() {
        #expect(SocketAddress.ipv4(UInt32(0x7F00_0001).bigEndian, port: 80).description == "127.0.0.1:80")
        #expect(SocketAddress.ipv4(0, port: 0).description == "0.0.0.0:0")
        #expect(SocketAddress.ipv4(.max, port: .max).description == "255.255.255.255:65535")
        #expect(SocketAddress.ipv4(UInt32(0x0A00_6409).bigEndian, port: 10_000).description == "10.0.100.9:10000")
        #expect(SocketAddress.ipv6(0, UInt64(1).bigEndian, scope: 0, port: 80).description == "[::1]:80")
        #expect(SocketAddress.ipv6(0, 0, scope: 0, port: 0).description == "[::]:0")
        #expect(SocketAddress.unix("/run/x.sock").description == "unix:/run/x.sock")
        #expect(SocketAddress.unix("").description == "unix:")
    }

    @Test func `knows the machine itself and the whole of it`() throws {
        let texts = ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "0.0.0.0:1", "[::]:1", "192.0.2.1:1"]
        let addresses = try texts.map { try #require(try Endpoint(parsing: $0).numericAddress) }
        #expect(addresses.map(\.isLoopback) == [true, true, true, false, false, false])
        #expect(addresses.map(\.isWildcard) == [false, false, false, true, true, false])
    }

    @Test(arguments: ["127.0.0.1:80", "[::1]:80", "[2001:db8::5]:65535"])
    func `survives the kernel's form`(text: String) throws {
        let address = try #require(try Endpoint(parsing: text).numericAddress)
        var storage = sockaddr_storage()
        let byteCount = address.withSockAddr { pointer, byteCount in
            memcpy(&storage, pointer, Int(byteCount))
            return byteCount
        }
        #expect(SocketAddress(storage, byteCount: byteCount) == address)
    }

    @Test func `shows an IPv4 peer of a listener for both families as IPv4`() throws {
        let mapped = try #require(Endpoint.host("::ffff:192.0.2.7", port: 9).numericAddress)
        #expect(mapped.description == "192.0.2.7:9")
    }

    @Test func `with a path too long for the kernel is refused, never cut`() {
        let address = SocketAddress.unix(String(repeating: "x", count: 108))
        let error = #expect(throws: SystemError.self) { try makeSocket(for: address) }
        #expect(error?.code == ENAMETOOLONG)
    }

    private func makeSocket(for address: SocketAddress) throws {
        _ = try Socket.stream(for: address)
    }
}

@Suite struct `A system error` {
    @Test func `reads as an operator would say it`() {
        let error = SystemError(doing: "bind 127.0.0.1:8025", code: EADDRINUSE)
        #expect(error.description == "bind 127.0.0.1:8025: Address already in use (EADDRINUSE)")
    }

    @Test func `with a number nobody knows shows the number`() {
        #expect(SystemError(doing: "guess", code: 9999).description == "guess: Unknown error 9999 (9999)")
    }

    @Test func `is a disconnection for the six that mean that the peer is gone`() {
        let codes = (1..<200).filter { SystemError(doing: "", code: $0).isDisconnection }
        #expect(Set(codes) == [ECONNRESET, ENOTCONN, ESHUTDOWN, ECONNABORTED, EPIPE, EBADF])
    }
}
