import AsyncChat
import Glibc
import Testing
import Traffic

@testable import Relay

@Suite struct `A relay` {
    // MARK: - Connecting

    @Test func `tells of a session from its opening to its close, in order`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        client.send("PING\n")
        #expect(scene.turns { server.receive() && server.text == "PING\n" })
        server.send("PONG\n")
        #expect(scene.turns { client.receive() && client.text == "PONG\n" })
        client.shutdownWrite()
        #expect(scene.turns { server.receive() && server.incoming == .ended })
        server.shutdownWrite()
        #expect(scene.turns { !scene.ear.closings.isEmpty })
        #expect(scene.ear.openings.map(\.session.rawValue) == [1])
        #expect(scene.ear.openings[0].clientAddress.hasPrefix("127.0.0.1:"))
        #expect(scene.ear.texts(.upstream) == ["PING\n"])
        #expect(scene.ear.texts(.downstream) == ["PONG\n"])
        #expect(scene.ear.reasons == [.clientClosed])
        #expect(scene.relay.sessionCount == 0)
        #expect(client.receive() && client.incoming == .ended)
    }

    @Test func `shows who asks its sessions, those first that moved most`() throws {
        let scene = try RelayScene()
        let pairs = try (0..<3).map { _ in try scene.conversation() }
        let waiting = try scene.unconnected()
        pairs[1].client.send("a longer message\n")
        pairs[2].client.send("short\n")
        #expect(scene.turns { scene.ear.received.upstream == 23 })
        let live = scene.relay.liveSessions(atMost: 2)
        #expect(live.count == 4)
        #expect(live.busiest.map(\.session.rawValue) == [2, 3])
        #expect(live.busiest.map(\.tally.bytes.upstream) == [17, 6])
        #expect(live.busiest[0].client.bytesIn == 17 && live.busiest[0].upstream.bytesOut == 17)
        #expect(live.busiest[0].clientAddress == scene.ear.openings[1].clientAddress)
        #expect(live.busiest[0].openedAt == scene.ear.openings[1].at)
        let all = scene.relay.liveSessions(atMost: 200).busiest
        let upstream = scene.listener.address.description
        #expect(all.map(\.upstreamAddress) == [upstream, upstream, upstream, ""])
        #expect(all.last?.session == waiting.session.id)
    }

    @Test func `does not read a client whose upstream is not connected yet`() throws {
        let scene = try RelayScene()
        let (client, session) = try scene.unconnected()
        client.send("hello\n")
        // Its upstream is still being looked for.
        scene.turns()
        #expect(scene.ear.received.upstream == 0)
        session.connect(toAnyOf: [scene.listener.address])
        #expect(scene.turns { scene.ear.texts(.upstream) == ["hello\n"] })
    }

    @Test func `tries the next address of an upstream whose first refuses`() throws {
        let scene = try RelayScene()
        let refusing = try WireListener(refuses: true)
        let pair = try scene.unconnected()
        pair.session.connect(toAnyOf: [refusing.address, .unix("/nowhere/at/all"), scene.listener.address])
        #expect(scene.turns { scene.ear.connected == [pair.session.id] })
        #expect(scene.ear.connectFailures.isEmpty)
    }

    @Test func `tries the next address of an upstream whose first does not answer`() throws {
        let scene = try RelayScene()
        let silent = try WireListener(backlog: 0)
        let filling = try WirePeer.connected(to: silent.address)
        let (client, session) = try scene.unconnected()
        session.connect(toAnyOf: [silent.address, silent.address, scene.listener.address])
        scene.pass(.seconds(3))
        scene.pass(.seconds(3))
        #expect(scene.ear.connected.isEmpty)
        scene.pass(.seconds(3))
        #expect(scene.turns { scene.ear.connected == [session.id] })
        #expect(!filling.isClosed && !client.receive())
    }

    @Test func `comes to the last of many addresses none of which answers before it`() throws {
        let scene = try RelayScene()
        let silent = try WireListener(backlog: 0)
        let filling = try WirePeer.connected(to: silent.address)
        let (client, session) = try scene.unconnected()
        session.connect(toAnyOf: Array(repeating: silent.address, count: 20) + [scene.listener.address])
        for _ in 0..<39 { scene.pass(.milliseconds(250)) }
        #expect(scene.turns { scene.ear.connected == [session.id] })
        #expect(!filling.isClosed && !client.receive())
    }

    @Test func `says that an upstream none of whose addresses answers timed out`() throws {
        let scene = try RelayScene()
        let silent = try WireListener(backlog: 0)
        let filling = try WirePeer.connected(to: silent.address)
        let (client, session) = try scene.unconnected()
        session.connect(toAnyOf: [silent.address, silent.address])
        for _ in 0..<11 { scene.pass(.seconds(1)) }
        #expect(scene.ear.reasons == [.connectTimeout])
        #expect(client.receive() && client.incoming == .reset)
        #expect(!filling.isClosed)
    }

    @Test func `resets a client whose upstream refuses`() throws {
        let scene = try RelayScene(refuses: true)
        let client = try scene.client()
        client.send("lost\n")
        #expect(scene.turns { client.receive() && client.incoming == .reset })
        #expect(scene.ear.reasons == [.connectRefused])
        #expect(scene.ear.connectFailures == [.connectRefused])
        #expect(scene.ear.messages.isEmpty)
    }

    @Test(arguments: [("unix:/nowhere/at/all", CloseReason.unreachable), ("overhear..invalid:1", .resolveFailed)])
    func `resets a client whose upstream cannot be found`(upstream: String, reason: CloseReason) throws {
        let scene = try RelayScene(upstream: upstream)
        let client = try scene.client()
        #expect(scene.turns { client.receive() && client.incoming == .reset })
        #expect(scene.ear.reasons == [reason])
        #expect(scene.ear.connectFailures == [reason])
    }

    @Test func `gives up connecting in time, looking the name up included`() throws {
        let scene = try RelayScene()
        let (client, _) = try scene.unconnected()
        scene.pass(.seconds(9))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.connectTimeout])
        #expect(scene.ear.connectFailures == [.connectTimeout])
        #expect(client.receive() && client.incoming == .reset)
    }

    @Test func `does not call it a failed connection when a connecting session is given up`() throws {
        let scene = try RelayScene()
        let pair = try scene.unconnected()
        scene.relay.abortAll(.drainTimeout)
        #expect(pair.client.receive() && pair.client.incoming == .reset)
        #expect(scene.ear.reasons == [.drainTimeout])
        #expect(scene.ear.connectFailures.isEmpty)
    }

    @Test func `relays between Unix sockets, whose files are gone afterwards`() throws {
        let folder = "/tmp/overhear-relay-\(UInt64.random(in: 0 ... .max))"
        let scene = try RelayScene(upstream: "unix:\(folder)-server")
        let server = PushingServer(loop: scene.loop)
        try server.listen(on: .unix("\(folder)-server"))
        let address = try scene.relay.listen(route: 0, on: .unix("\(folder)-relay"))
        let client = CollectingClient(loop: scene.loop)
        try client.connect(to: address)
        client.push(Array("over a file\n".utf8))
        client.shutdownWriteWhenDone()
        #expect(scene.turns { !scene.ear.closings.isEmpty })
        #expect(String(decoding: client.received, as: UTF8.self) == "over a file\n")
        #expect(scene.ear.openings.map(\.clientAddress) == ["unix:"])
        #expect(scene.ear.texts(.upstream) == ["over a file\n"])
        #expect(scene.ear.texts(.downstream) == ["over a file\n"])
        #expect(scene.ear.reasons == [.clientClosed])
        server.close()
        scene.relay.drain {}
        #expect(access("\(folder)-relay", F_OK) != 0)
        unlink("\(folder)-server")
    }

    @Test func `keeps urgent bytes where they are in the stream`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        client.send("a")
        client.send("!".utf8, urgent: true)
        client.send("b\n")
        server.send("c")
        server.send("?".utf8, urgent: true)
        server.send("d\n")
        #expect(scene.turns { server.receive() && server.text == "a!b\n" })
        #expect(scene.turns { client.receive() && client.text == "c?d\n" })
        #expect(scene.ear.texts(.upstream) == ["a!b\n"])
    }

    @Test(arguments: [Side.client, .upstream])
    func `sends a side's last words and the end of its stream in one segment`(speaks: Side) throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        let (speaker, hearer) = speaks == .client ? (client, server) : (server, client)
        let before = hearer.segmentCount
        speaker.send("one\nbye")
        speaker.shutdownWrite()
        #expect(scene.turns { hearer.receive() && hearer.incoming == .ended })
        #expect(hearer.text == "one\nbye")
        #expect(hearer.segmentCount == before + 1)
        hearer.shutdownWrite()
        #expect(scene.turns { scene.ear.reasons == [speaks == .client ? .clientClosed : .upstreamClosed] })
        #expect(scene.ear.texts(speaks == .client ? .upstream : .downstream) == ["one\n", "bye"])
    }

    @Test func `has a server learn that it is connected by what its client said already`() throws {
        let scene = try RelayScene()
        var counts: [UInt32] = []
        for saysItFirst in [false, true] {
            let client = try scene.client()
            if saysItFirst { client.send("question\n") }
            #expect(scene.turns { scene.ear.connected.count == counts.count + 1 })
            if !saysItFirst { client.send("question\n") }
            var server: WirePeer?
            #expect(
                scene.turns {
                    server = server ?? scene.listener.accept()
                    return server?.receive() == true && server?.text == "question\n"
                }
            )
            counts.append(server?.segmentCount ?? 0)
            server?.send("answer\n")
            #expect(scene.turns { client.receive() && client.text == "answer\n" })
        }
        #expect(counts[1] == counts[0] - 1)
    }

    @Test func `tells a server at once that it is connected where what its client said has to wait`() throws {
        let scene = try RelayScene()
        scene.ear.hasRoom = false
        scene.turns()
        let client = try scene.client()
        client.send("question\n")
        #expect(scene.turns { scene.ear.connected.count == 1 })
        #expect(scene.listener.accept() != nil, "else the kernel would wait for 200 ms")
    }

    @Test func `passes the reset of a client on that had ended its stream and closed with an answer unread`() throws {
        let scene = try RelayScene { $0.readByteCount = 4 }
        let path = "/tmp/overhear-relay-\(UInt64.random(in: 0 ... .max))"
        _ = try scene.relay.listen(route: 0, on: .unix(path))
        let client = try WirePeer.connected(toFile: path)
        unlink(path)
        var server: WirePeer?
        #expect(
            scene.turns {
                server = server ?? scene.listener.accept()
                return server != nil && scene.ear.connected.count == 1
            }
        )
        server?.send("unread")
        #expect(scene.turns { scene.ear.sent.downstream == 6 })
        client.send("said in pieces")
        client.shutdownWrite()
        #expect(scene.turns { scene.ear.received.upstream > 0 })
        #expect(scene.ear.received.upstream < 14)
        client.close()
        #expect(scene.turns { server?.receive() == true && server?.incoming == .reset })
        #expect(server?.text == "said in pieces")
        #expect(scene.turns { scene.ear.reasons == [.clientReset] })
    }

    @Test func `hears a server to its end that took no more of its client's last words`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        // Both are watched, so that what happens first is told first.
        scene.turns()
        client.send("bye\n")
        client.shutdownWrite()
        server.send("answer\n")
        server.reset()
        #expect(scene.turns { client.receive() && client.incoming != .open })
        #expect(client.text == "answer\n" && client.incoming == .reset)
        #expect(scene.ear.texts(.downstream) == ["answer\n"])
        #expect(scene.turns { scene.ear.reasons == [.upstreamReset] })
    }

    // MARK: - What a message says

    @Test func `dates a message by its last byte, also one that nothing ends`() throws {
        let scene = try RelayScene(framing: "crlf")
        let (client, server) = try scene.conversation()
        client.send("be")
        #expect(scene.turns { scene.ear.received.upstream == 2 })
        scene.pass(.seconds(5))
        client.send("gun\r\nta")
        #expect(scene.turns { scene.ear.received.upstream == 9 })
        client.send("il\r")
        #expect(scene.turns { scene.ear.received.upstream == 12 })
        let last = scene.loop.realTimeNanoseconds
        scene.pass(.seconds(60))
        client.shutdownWrite()
        #expect(scene.turns { scene.ear.messages.count == 2 })
        #expect(scene.ear.texts(.upstream) == ["begun\r\n", "tail\r"])
        let times = scene.ear.messages.map(\.header.at.nanosecondsSince1970)
        #expect(times[1] == last)
        #expect(times[0] > 5_000_000_000 && times[0] < last)
        #expect(!server.isClosed)
    }

    @Test func `keeps half a terminator while a session is idle`() throws {
        let scene = try RelayScene(framing: "crlf")
        let (client, server) = try scene.conversation()
        client.send("a\r")
        #expect(scene.turns { scene.ear.received.upstream == 2 })
        for _ in 0..<5 { scene.pass(.seconds(1)) }
        client.send("\nb\r\n")
        #expect(scene.turns { scene.ear.texts(.upstream) == ["a\r\n", "b\r\n"] })
        for _ in 0..<5 { scene.pass(.seconds(1)) }
        client.send("c\r\n")
        #expect(scene.turns { scene.ear.texts(.upstream) == ["a\r\n", "b\r\n", "c\r\n"] })
        #expect(!server.isClosed)
    }

    @Test func `goes on counting a fixed message after a session was idle`() throws {
        let scene = try RelayScene(framing: "fixed:4")
        let (client, server) = try scene.conversation()
        client.send("ab")
        #expect(scene.turns { scene.ear.received.upstream == 2 })
        for _ in 0..<5 { scene.pass(.seconds(1)) }
        client.send("cdefgh")
        #expect(scene.turns { scene.ear.texts(.upstream) == ["abcd", "efgh"] })
        #expect(!server.isClosed)
    }

    // MARK: - Flow control

    @Test func `reads no more than the high-water mark and one read ahead, while the other direction goes on`() throws {
        let scene = try RelayScene(bufferByteCount: 8192) {
            $0.highWaterByteCount = 20_000
            $0.lowWaterByteCount = 5000
            $0.readByteCount = 3000
        }
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        let stream = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var sent = 0
        func push() -> Int {
            let count = client.send(stream[sent...].prefix(4000))
            sent += count
            return count
        }
        // The server does not read.
        scene.fill(push)
        #expect((20_001...23_000).contains(scene.queuedByteCount))
        #expect(sent < stream.count)
        server.send("the other way\n")
        #expect(scene.turns { client.receive() && client.text == "the other way\n" })
        scene.clock.advance(.seconds(3))
        #expect(
            scene.turns {
                _ = push()
                server.receive(atMost: 5000)
                return server.received.count == stream.count
            }
        )
        #expect(server.received == stream)
        // Pauses are told of as they last, not only at their end.
        let paused = scene.ear.pauses.filter { $0.direction == .upstream }
        #expect(paused.reduce(0) { $0 + $1.nanoseconds } >= 3_000_000_000)
        #expect(scene.ear.pausesBegun >= 1)
        #expect(!scene.ear.pauses.contains { $0.direction == .downstream })
        // What had to wait is told of when it leaves, with how long it did.
        let waited = scene.ear.waits.filter { $0.direction == .upstream }
        #expect(waited.reduce(0) { $0 + $1.reads } == scene.ear.heldReads.upstream)
        #expect((waited.map(\.nanoseconds).max() ?? 0) >= 3_000_000_000)
        #expect(scene.ear.heldReads.downstream == 0)
    }

    @Test func `reads nobody while the record has no room, and everybody when it has again`() throws {
        let scene = try RelayScene()
        let first = try scene.conversation()
        let second = try scene.conversation()
        scene.ear.hasRoom = false
        scene.turns()
        for peer in [first.client, first.server, second.client, second.server] { peer.send("wait\n") }
        scene.pass(.seconds(2))
        #expect(scene.ear.messages.isEmpty)
        #expect(scene.ear.received == PerDirection(both: 0))
        scene.ear.hasRoom = true
        #expect(scene.turns { scene.ear.messages.count == 4 })
        #expect(scene.ear.pausesBegun == 4)
        #expect(scene.ear.pauses.reduce(0) { $0 + $1.nanoseconds } >= 8_000_000_000)
    }

    @Test func `says how long each answer took, from the last message asked`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        #expect(scene.ear.connectAttempts == 1)
        #expect(scene.ear.connectDurations.count == 1)
        client.send("one\ntwo\n")
        #expect(scene.turns { server.receive() && server.text == "one\ntwo\n" })
        scene.clock.advance(.milliseconds(250))
        server.send("ans")
        #expect(scene.turns { client.receive() && client.text == "ans" })
        scene.clock.advance(.seconds(1))
        server.send("wer\n")
        #expect(scene.turns { client.receive() && client.text == "answer\n" })
        #expect(scene.ear.answers.map(\.sequence) == [2])
        #expect(scene.ear.answers.allSatisfy { (250_000_000..<1_000_000_000).contains($0.nanoseconds) })
    }

    @Test func `reads on in a direction that is not recorded, though the record has no room`() throws {
        let scene = try RelayScene { $0.routes[0].capture.downstream = .off }
        let (client, server) = try scene.conversation()
        scene.ear.hasRoom = false
        scene.turns()
        client.send("waits\n")
        server.send("passes\n")
        #expect(scene.turns { client.receive() })
        #expect(scene.ear.received == PerDirection(upstream: 0, downstream: 7))
        #expect(scene.ear.messages.map(\.header.byteCount) == [7])
        scene.ear.hasRoom = true
        #expect(scene.turns { server.receive() })
    }

    @Test func `lends no more of a message than is recorded of its direction`() throws {
        let scene = try RelayScene {
            $0.routes[0].capture.upstream = .messages(payloadByteCount: 3)
            $0.routes[0].capture.downstream = .messages(payloadByteCount: 0)
        }
        let (client, server) = try scene.conversation()
        client.send("in one piece\n")
        server.send("in one piece\n")
        #expect(scene.turns { scene.ear.messages.count == 2 })
        client.send("in ")
        server.send("in ")
        scene.turns()
        client.send("two\n")
        server.send("two\n")
        #expect(scene.turns { scene.ear.messages.count == 4 })
        for message in scene.ear.messages {
            #expect(message.payload == (message.header.direction == .upstream ? Array("in ".utf8) : []))
            #expect([13, 7].contains(message.header.byteCount))
        }
    }

    @Test func `refuses traffic only on routes that are recorded`() throws {
        let scene = try RelayScene { $0.routes[0].capture = PerDirection(both: .off) }
        let (client, server) = try scene.conversation()
        scene.relay.refuseTraffic(true)
        client.send("passes\n")
        #expect(scene.turns { server.receive() })
        _ = try scene.conversation()
        #expect(scene.ear.closings.isEmpty)
    }

    @Test func `reads nobody any more in the turn in which the record fills up`() throws {
        let scene = try RelayScene()
        let first = try scene.conversation()
        let second = try scene.conversation()
        scene.ear.whenHeard = { _ in scene.ear.hasRoom = false }
        first.client.send("one\n")
        second.client.send("two\n")
        scene.turns()
        #expect(scene.ear.messages.count == 1)
        scene.ear.whenHeard = nil
        scene.ear.hasRoom = true
        #expect(scene.turns { scene.ear.messages.count == 2 })
    }

    // MARK: - Timeouts

    @Test func `ends a session that is silent for too long`() throws {
        let scene = try RelayScene { $0.idleTimeout = .seconds(60) }
        let (client, server) = try scene.conversation()
        scene.pass(.seconds(50))
        server.send("still here\n")
        #expect(scene.turns { client.receive() })
        scene.pass(.seconds(59))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.idleTimeout])
        #expect(client.receive() && client.incoming == .reset)
        #expect(server.receive() && server.incoming == .reset)
    }

    @Test func `calls no session silent in which somebody slow takes what waits`() throws {
        let scene = try RelayScene(bufferByteCount: 8192) {
            $0.highWaterByteCount = 20_000
            $0.idleTimeout = .seconds(60)
        }
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fillFIFO(from: client)
        let waiting = scene.queuedByteCount
        scene.pass(.seconds(50))
        #expect(
            scene.turns {
                _ = server.receive()
                return scene.queuedByteCount < waiting
            }
        )
        scene.pass(.seconds(59))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.idleTimeout])
    }

    @Test func `ends a half-closed session that is silent for too long, and no other`() throws {
        let scene = try RelayScene { $0.halfClosedTimeout = .seconds(30) }
        let half = try scene.conversation()
        let whole = try scene.conversation()
        half.client.shutdownWrite()
        #expect(scene.turns { half.server.receive() })
        scene.pass(.seconds(29))
        half.server.send("not silent\n")
        #expect(scene.turns { half.client.receive() })
        scene.pass(.seconds(29))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.halfClosedTimeout])
        #expect(scene.relay.sessionCount == 1)
        #expect(whole.client.receive() == false)
    }

    @Test func `counts the time for an answer from the end of what was asked, however silent it was before`() throws {
        let scene = try RelayScene { $0.halfClosedTimeout = .seconds(30) }
        let (client, server) = try scene.conversation()
        scene.pass(.seconds(300))
        client.shutdownWrite()
        #expect(scene.turns { server.receive() })
        scene.pass(.seconds(29))
        #expect(scene.ear.closings.isEmpty)
        server.send("here you are\n")
        #expect(scene.turns { client.receive() })
        server.shutdownWrite()
        #expect(scene.turns { !scene.ear.closings.isEmpty })
        #expect(scene.ear.reasons == [.clientClosed])
    }

    @Test func `counts the time to deliver a reset from the reset, however silent it was before`() throws {
        try expectResetGivenUp(afterSilence: .seconds(300))
    }

    @Test func `does not wait for ever to deliver a reset to somebody who does not read`() throws {
        try expectResetGivenUp(afterSilence: .zero)
    }

    private func expectResetGivenUp(afterSilence silence: Duration) throws {
        let scene = try RelayScene(bufferByteCount: 8192) {
            $0.highWaterByteCount = 20_000
            $0.halfClosedTimeout = .seconds(30)
        }
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fillFIFO(from: client)
        scene.pass(silence)
        client.reset()
        scene.turns()
        scene.pass(.seconds(29))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(10))
        #expect(scene.ear.reasons == [.halfClosedTimeout])
        #expect(!server.isClosed)
    }

    @Test func `lets a half-closed session be silent for longer than others, if told to`() throws {
        let scene = try RelayScene {
            $0.idleTimeout = .seconds(30)
            $0.halfClosedTimeout = .seconds(300)
        }
        let (client, server) = try scene.conversation()
        client.shutdownWrite()
        #expect(scene.turns { server.receive() })
        scene.pass(.seconds(299))
        #expect(scene.ear.closings.isEmpty)
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.halfClosedTimeout])
    }

    @Test func `keeps a half-closed session for ever where that timeout is off`() throws {
        let scene = try RelayScene {
            $0.idleTimeout = .seconds(30)
            $0.halfClosedTimeout = nil
        }
        let (client, server) = try scene.conversation()
        client.shutdownWrite()
        #expect(scene.turns { server.receive() })
        for _ in 0..<5 { scene.pass(.seconds(1_000_000)) }
        #expect(scene.ear.closings.isEmpty)
    }

    @Test func `keeps sessions for ever where timeouts are off`() throws {
        let scene = try RelayScene {
            $0.idleTimeout = nil
            $0.halfClosedTimeout = nil
            $0.connectTimeout = nil
        }
        let (client, server) = try scene.conversation()
        client.shutdownWrite()
        for _ in 0..<5 { scene.pass(.seconds(1_000_000)) }
        #expect(scene.relay.sessionCount == 1)
        #expect(!server.isClosed)
    }

    // MARK: - Endings

    @Test func `waits no more to deliver a reset to somebody who was reset meanwhile`() throws {
        let scene = try RelayScene(bufferByteCount: 8192)
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        let upstream = try #require(
            scene.loop.channels.lazy.compactMap { $0 as? RelayChannel }.first { $0.side == .upstream }
        )
        // The kernel has all, and the server takes none of it: an acknowledgement that is only late comes within that time.
        #expect(
            scene.turns {
                client.send([UInt8](repeating: 65, count: 500))
                scene.turns()
                guard scene.queuedByteCount == 0, upstream.unacknowledgedByteCount > 0 else { return false }
                usleep(100_000)
                return upstream.unacknowledgedByteCount > 0
            }
        )
        client.reset()
        scene.turns()
        scene.pass(.seconds(2))
        #expect(scene.ear.closings.isEmpty)
        server.reset()
        scene.pass(.seconds(2))
        #expect(scene.ear.reasons == [.clientReset])
    }

    @Test func `ends a session both of whose sides are gone, whatever still waits for them`() throws {
        let scene = try RelayScene(bufferByteCount: 8192) { $0.highWaterByteCount = 20_000 }
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        let bytes = [UInt8](repeating: 65, count: 4000)
        scene.fill { client.send(bytes) + server.send(bytes) }
        client.reset()
        server.reset()
        #expect(scene.turns { !scene.ear.closings.isEmpty })
        #expect(Set([.clientReset, .upstreamReset]).isSuperset(of: scene.ear.reasons))
    }

    @Test func `reads no more of a session whose other end was reset earlier in the same turn`() throws {
        let scene = try RelayScene(bufferByteCount: 8192) { $0.highWaterByteCount = 20_000 }
        let (client, server) = try scene.conversation(bufferByteCount: 8192)
        scene.fillFIFO(from: client)
        client.reset()
        server.send("too late\n")
        scene.turns()
        #expect(scene.relay.sessionCount == 1, "the reset waits for what the server has yet to read")
        #expect(scene.ear.received.downstream == 0 && scene.ear.heldReads.downstream == 0)
        #expect(scene.ear.texts(.downstream).isEmpty)
    }

    @Test func `delivers what came before a reset, then the reset`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        client.send("last words")
        scene.turns()
        client.reset()
        #expect(scene.turns { server.receive() && server.incoming == .reset })
        #expect(server.text == "last words")
        #expect(scene.turns { scene.ear.reasons == [.clientReset] })
        #expect(scene.ear.texts(.upstream) == ["last words"])
        #expect(scene.ear.messages[0].header.ending == .endOfStream)
    }

    @Test func `ends many sessions in one turn, and lets go of each`() throws {
        let scene = try RelayScene()
        struct Weak { weak var session: Session? }
        var clients: [WirePeer] = []
        var servers: [WirePeer] = []
        for _ in 0..<50 {
            let (client, server) = try scene.conversation()
            clients.append(client)
            servers.append(server)
        }
        let sessions = scene.loop.channels.compactMap { ($0 as? RelayChannel)?.session }.map(Weak.init)
        #expect(sessions.count == 100)
        for client in clients { client.shutdownWrite() }
        #expect(scene.turns { servers.allSatisfy { $0.incoming == .ended || $0.receive() } })
        for (index, server) in servers.enumerated() {
            if index % 2 == 0 { server.reset() } else { server.shutdownWrite() }
        }
        #expect(scene.turns { scene.relay.sessionCount == 0 })
        #expect(scene.ear.closings.count == 50)
        #expect(sessions.allSatisfy { $0.session == nil })
        #expect(scene.loop.channelCount == 1)
        #expect(scene.ear.totals == [.client: ChannelTotals(), .upstream: ChannelTotals()])
    }

    @Test func `lets go of a session that never connected`() throws {
        let scene = try RelayScene(refuses: true)
        let client = try scene.client()
        weak var session: Session?
        #expect(
            scene.turns {
                if let found = scene.session { session = found }
                return !scene.ear.closings.isEmpty
            }
        )
        #expect(session == nil)
        #expect(client.receive())
    }

    // MARK: - Bounds and draining

    @Test func `accepts no more sessions than it may, and goes on when one ends`() throws {
        let scene = try RelayScene { $0.maxSessions = 1 }
        let (client, server) = try scene.conversation()
        let waiting = try scene.client()
        waiting.send("patience\n")
        scene.turns()
        #expect(scene.relay.sessionCount == 1)
        #expect(scene.ear.acceptPauses == 1)
        client.reset()
        #expect(scene.turns { scene.ear.texts(.upstream) == ["patience\n"] })
        #expect(scene.relay.sessionCount == 1)
        #expect(scene.ear.acceptPauses == 2)
        #expect(!server.isClosed)
    }

    @Test func `drains: accepts nobody, lets the open sessions finish, then says so`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        var isDrained = false
        scene.relay.drain { isDrained = true }
        scene.turns()
        #expect(!isDrained)
        #expect(throws: SystemError.self) { try scene.client() }
        client.send("finish\n")
        client.shutdownWrite()
        server.shutdownWrite()
        #expect(scene.turns { isDrained })
        #expect(scene.ear.texts(.upstream) == ["finish\n"])
        #expect(scene.ear.reasons.count == 1)
    }

    @Test func `drains at once where there is nobody, but never from inside the call`() throws {
        let scene = try RelayScene()
        var drained = 0
        scene.relay.drain { drained += 1 }
        #expect(drained == 0)
        scene.turns()
        #expect(drained == 1)
    }

    @Test func `records the beginnings of messages when it gives all sessions up`() throws {
        let scene = try RelayScene()
        let first = try scene.conversation()
        let second = try scene.conversation()
        first.client.send("un")
        second.server.send("finished")
        scene.turns()
        scene.relay.abortAll(.processEnded)
        #expect(scene.ear.texts(.upstream) == ["un"])
        #expect(scene.ear.texts(.downstream) == ["finished"])
        #expect(scene.ear.reasons == [.processEnded, .processEnded])
        #expect(first.server.receive() && first.server.receive() && first.server.incoming == .reset)
    }

    @Test func `refuses traffic until told otherwise`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        scene.relay.refuseTraffic(true)
        #expect(client.receive() && client.incoming == .reset)
        let late = try scene.client()
        #expect(scene.turns { late.receive() && late.incoming == .reset })
        #expect(scene.ear.reasons == [.captureStopped, .captureStopped])
        #expect(scene.ear.connectFailures.isEmpty)
        scene.relay.refuseTraffic(false)
        _ = try scene.conversation()
        #expect(scene.relay.sessionCount == 1)
        #expect(!server.isClosed)
    }

    // MARK: - Samples

    @Test func `samples a session if anything happened, and when it closes`() throws {
        let scene = try RelayScene()
        let (client, server) = try scene.conversation()
        scene.pass(.seconds(1))
        #expect(scene.ear.samples.count == 1)
        for _ in 0..<5 { scene.pass(.seconds(1)) }
        #expect(scene.ear.samples.count == 1)
        client.send("abc")
        #expect(scene.turns { server.receive() })
        scene.pass(.seconds(1))
        #expect(scene.ear.samples.count == 2)
        #expect(scene.ear.samples[1].client.bytesIn == 3)
        #expect(scene.ear.samples[1].client.inputBytes == 3)
        #expect(scene.ear.samples[1].upstream.bytesOut == 3)
        #expect(scene.ear.samples[1].tally.bytes == PerDirection(upstream: 3, downstream: 0))
        scene.relay.abortAll(.processEnded)
        #expect(scene.ear.samples.count == 3)
        #expect(scene.ear.samples[2].client.inputBytes == 0)
        #expect(scene.ear.samples[2].tally.messages == PerDirection(upstream: 1, downstream: 0))
    }

    @Test func `tells once a second what waits in all queues`() throws {
        let scene = try RelayScene()
        let first = try scene.conversation()
        let second = try scene.conversation()
        first.client.send("12345")
        second.client.send("123")
        #expect(scene.turns { scene.ear.received.upstream == 8 })
        scene.pass(.seconds(1))
        #expect(scene.ear.totals[.client]?.inputBytes == 8)
        #expect(scene.ear.totals[.upstream]?.inputBytes == 0)
        let told = scene.ear.totalsCount
        scene.pass(.seconds(1))
        #expect(scene.ear.totalsCount == told + 2)
        scene.relay.abortAll(.processEnded)
        scene.turns(1)
        #expect(scene.ear.totals[.client] == ChannelTotals())
    }
}

/// Sends back what it gets, to the end.
private final class PushingServer: Dispatcher {
    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        _ = Echo(loop: loop, socket: socket, peer: peer)
    }

    private final class Echo: ChatChannel {
        override func handleReceived(_ bytes: RawSpan) { push(bytes) }
        override func handleEndOfStream() { shutdownWriteWhenDone() }
        override func handleWriteShutdown() { close() }
    }
}

private final class CollectingClient: ChatChannel {
    private(set) var received: [UInt8] = []

    override func handleReceived(_ bytes: RawSpan) { received += bytes.withUnsafeBytes { Array($0) } }
}
