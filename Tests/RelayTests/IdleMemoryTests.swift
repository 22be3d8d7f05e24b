import AsyncChat
import CAllocationCount
import Testing
import Traffic

@testable import Relay

/// Counted by an allocator that stands in front of glibc's. A sanitizer brings an allocator of its own; under one these tests
/// say nothing.
@Suite(.enabled(if: allocation_count() >= 0)) struct `What an idle session owns` {
    /// Nobody listens: what observers keep is theirs.
    private final class Scene {
        let clock = HandClock()
        let loop: EventLoop
        let relay: RelayLoop
        let address: SocketAddress
        /// Holds connections that nobody accepts: for that a message may be sent on, and nothing of it is kept here.
        let server = try? WireListener(backlog: 1024)
        private var clients: [WirePeer] = []

        init(framing: String) throws {
            loop = try EventLoop(clock: clock)
            let endpoint = try Endpoint(parsing: try #require(server).address.description)
            let framing = PerDirection(both: try Framing(parsing: framing))
            let route = Route(name: "default", listen: endpoint, upstream: endpoint, framing: framing)
            let configuration = RelayConfiguration(routes: [route])
            relay = RelayLoop(loop: loop, configuration: configuration)
            relay.begin(telling: [], numbering: SessionNumbers())
            address = try relay.listen(route: 0, on: .loopback(port: 0))
        }

        deinit {
            relay.drain {}
            relay.abortAll(.processEnded)
            loop.turn(timeout: .zero)
            loop.closeAll()
        }

        /// Opens sessions, each with a message: answers how many bytes a session costs, once they have been idle for a while.
        func bytesPerSession(_ count: Int, saying message: String) throws -> Int {
            let peers = try (0..<count).map { _ in try WirePeer.connected(to: address) }
            for peer in peers { peer.send(message) }
            let before = allocated_byte_count()
            let all = relay.sessionCount + count
            var turnCount = 0
            while turnCount < 2000, !hasHeard(message.utf8.count, all) {
                turnCount += 1
                loop.turn(timeout: .milliseconds(1))
            }
            #expect(hasHeard(message.utf8.count, all))
            for _ in 0..<3 {
                clock.advance(.seconds(1))
                loop.turn(timeout: .zero)
            }
            let after = allocated_byte_count()
            clients += peers
            return (Int(after) - Int(before)) / count
        }

        private func hasHeard(_ byteCount: Int, _ sessionCount: Int) -> Bool {
            let live = relay.liveSessions(atMost: .max).busiest
            return live.count == sessionCount && live.allSatisfy { $0.tally.bytes.upstream == byteCount }
        }
    }

    @Test(arguments: [("none", "hello\n"), ("lf", "hello\n"), ("lf", "unfinished")])
    func `is three objects and two scanners`(framing: String, message: String) throws {
        let scene = try Scene(framing: framing)
        // The least of some: now and then the loop's map and the relay's list grow, which is not for the few of one turn.
        let bytes = try #require(try (0..<5).map { _ in try scene.bytesPerSession(80, saying: message) }.min())
        // 664 at best: the allocator gives a block of 16 bytes more where it has none that fits.
        let unfinishedMessage = message.hasSuffix("\n") ? 0 : 240
        #expect(bytes > 0 && bytes <= 760 + unfinishedMessage, "\(bytes)")
    }
}
