import AsyncChat
import Testing

@testable import Relay

@Suite struct `An upstream that is our own listener` {
    @Test(arguments: [
        // upstream, listener, is it reached?
        ("127.0.0.1:7000", "127.0.0.1:7000", true),
        ("127.0.0.1:7001", "127.0.0.1:7000", false),
        ("127.0.0.2:7000", "127.0.0.1:7000", false),
        ("127.0.0.1:7000", "0.0.0.0:7000", true),
        ("0.0.0.0:7000", "127.0.0.1:7000", true),
        ("0.0.0.0:7000", "0.0.0.0:7000", true),
        ("127.0.0.1:7000", "[::]:7000", true),
        ("[::1]:7000", "[::]:7000", true),
        // A relay from IPv4 to an IPv6 server on the same port is a relay, not a circle.
        ("[::1]:7000", "0.0.0.0:7000", false),
        ("[::]:7000", "127.0.0.1:7000", false),
        ("192.0.2.1:7000", "0.0.0.0:7000", false),
        ("unix:/tmp/a", "unix:/tmp/a", true),
        ("unix:/tmp/a", "unix:/tmp/b", false),
        ("unix:/tmp/a", "0.0.0.0:7000", false),
    ])
    func `is noticed`(upstream: String, listener: String, isReached: Bool) throws {
        let upstream = try #require(try Endpoint(parsing: upstream).numericAddress)
        let listener = try #require(try Endpoint(parsing: listener).numericAddress)
        #expect(OwnListener.isReached(at: upstream, listeningOn: listener) == isReached)
    }
}
