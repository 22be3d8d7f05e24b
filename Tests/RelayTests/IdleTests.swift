import AsyncChat
import Glibc
import Testing
import Traffic

@testable import Relay

/// Level-triggered readiness is told again for ever to who asked for it and does nothing about it: the loop would spin.
@Suite struct `A relay with nothing to do` {
    /// What a few timers account for.
    static let few: Int64 = 25

    func scene(framing: String = "lf", configure: (inout RelayConfiguration) -> Void = { _ in }) throws -> RelayScene {
        try RelayScene(framing: framing, onSystemClock: true, bufferByteCount: 8192) {
            $0.highWaterByteCount = 20_000
            configure(&$0)
        }
    }

    @Test func `rests beside idle sessions`() throws {
        let scene = try scene()
        let pair = try scene.conversation()
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(!pair.client.isClosed)
    }

    @Test func `has the kernel ask after the peers of a session that lasts`() throws {
        let scene = try RelayScene()
        let pair = try scene.conversation()
        let ends = scene.loop.channels.filter { $0 is RelayChannel }
        #expect(ends.count == 2)
        #expect(ends.allSatisfy { WireSocket.option(SO_KEEPALIVE, of: $0.descriptor) == 0 })
        scene.pass(.seconds(1))
        #expect(ends.allSatisfy { WireSocket.option(SO_KEEPALIVE, of: $0.descriptor) == 1 })
        #expect(!pair.client.isClosed)
    }

    @Test func `rests while one direction has ended`() throws {
        let scene = try scene()
        let (client, server) = try scene.conversation()
        client.shutdownWrite()
        #expect(scene.turns { server.receive() })
        #expect(scene.turnsWhileIdle() < Self.few)
    }

    @Test func `rests while a stream that has ended cannot be delivered`() throws {
        let scene = try scene()
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fill { client.send([UInt8](repeating: 65, count: 4000)) }
        client.shutdownWrite()
        #expect(scene.turnsWhileIdle() < Self.few)
        // The server speaks, ends, and still does not read.
        server.send("end\n")
        server.shutdownWrite()
        #expect(scene.turns { client.receive() && client.incoming == .ended })
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(scene.relay.sessionCount == 1)
    }

    @Test func `rests while a client it does not read has reset`() throws {
        let scene = try scene()
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fill { client.send([UInt8](repeating: 65, count: 4000)) }
        client.reset()
        #expect(scene.turnsWhileIdle() < Self.few)
        // What the server says meets the reset.
        server.send("anybody there?\n")
        #expect(scene.turns { scene.ear.received.downstream == 15 })
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(scene.relay.sessionCount == 1)
        #expect(scene.turns { server.receive() && server.incoming == .reset })
        #expect(scene.turns { scene.ear.reasons == [.clientReset] })
        #expect(server.received.count == scene.ear.received.upstream)
    }

    @Test func `rests while a reset waits for a server that does not read`() throws {
        let scene = try scene()
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fillFIFO(from: client)
        client.reset()
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(scene.relay.sessionCount == 1)
        #expect(scene.turns { server.receive() && server.incoming == .reset })
        #expect(server.received.count == scene.ear.received.upstream)
    }

    @Test func `rests while the record has no room for what waits, or has ended`() throws {
        let scene = try scene()
        let first = try scene.conversation()
        let second = try scene.conversation()
        let third = try scene.conversation()
        scene.ear.hasRoom = false
        scene.turns()
        first.client.send("more\n")
        second.client.shutdownWrite()
        third.client.reset()
        #expect(scene.turnsWhileIdle() < Self.few)
        scene.ear.hasRoom = true
        #expect(scene.turns { scene.ear.reasons == [.clientReset] })
    }

    @Test func `rests while clients wait beyond the bound for sessions`() throws {
        let scene = try scene { $0.maxSessions = 1 }
        let pair = try scene.conversation()
        let waiting = try (0..<3).map { _ in try scene.client() }
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(!pair.server.isClosed && waiting.allSatisfy { !$0.isClosed })
    }

    @Test func `rests while the client of a session that is not connected speaks and leaves`() throws {
        let scene = try scene()
        let (client, _) = try scene.unconnected()
        client.send("hello\n")
        client.close()
        #expect(scene.turnsWhileIdle() < Self.few)
        #expect(scene.relay.sessionCount == 1)
    }
}
