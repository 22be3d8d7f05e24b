import Testing

/// How connections end, as both sides and the record see it.
@Suite struct `The end of a connection` {
    @Test func `that a client half-closes comes after the whole answer`() throws {
        let answer = String(repeating: "all of it\n", count: 100_000)
        let serve: @Sendable (Wire) throws -> Void = { wire in
            let question = try wire.textToEnd()
            try wire.send("you said: \(question)\n" + answer)
        }
        try withServer(serve) { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("one\ntwo\nand a tail")
                client.shutdownWrite()
                let received = try client.receiveToEnd()
                #expect(String(decoding: received.bytes, as: UTF8.self) == "you said: one\ntwo\nand a tail\n" + answer)
                #expect(received.ending == .endOfStream)
                #expect(try relay.record.closeReasons(of: 1) == ["clientClosed"])
                #expect(try relay.record.messages(direction: 0) == ["one\n", "two\n", "and a tail"])
                let endings = try relay.record.column("SELECT ending FROM messages WHERE direction = 0 ORDER BY id")
                #expect(endings == ["0", "0", "4"])
                #expect(try relay.record.stream(session: 1, direction: 1) == received.bytes)
            }
        }
    }

    @Test func `is no place for stray bytes: half a terminator is recorded once, and nothing after it`() throws {
        try withServer(saying("HELLO\r\nBYE\r")) { server in
            try withRelay(to: server, framing: "crlf") { relay in
                let client = try relay.connect()
                #expect(try client.textToEnd() == "HELLO\r\nBYE\r")
                client.close()
                #expect(try relay.record.closeReasons(of: 1) == ["upstreamClosed"])
                let messages = try relay.record.messages(direction: 1)
                #expect(messages == ["HELLO\r\n", "BYE\r"])
            }
        }
    }

    @Test func `by a client's reset reaches the server as a reset, after what came before`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address) { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            try client.send("before\n")
            #expect(try server.receiveText(exactly: 7) == "before\n")
            client.reset()
            #expect(try server.receiveToEnd().ending == .reset)
            #expect(try relay.record.closeReasons(of: 1) == ["clientReset"])
            #expect(try relay.record.messages(direction: 0) == ["before\n"])
        }
    }

    @Test func `by a server's reset reaches the client as a reset, after what came before`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address) { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            try server.send("before\n")
            #expect(try client.receiveText(exactly: 7) == "before\n")
            server.reset()
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try relay.record.closeReasons(of: 1) == ["upstreamReset"])
            #expect(try relay.record.messages(direction: 1) == ["before\n"])
        }
    }

    @Test func `is a reset for the client where nobody answers upstream, and the relay goes on`() throws {
        try Ear.withNobody { nobody in
            try withRelay(to: nobody) { relay in
                for _ in 1...3 {
                    let client = try relay.connect()
                    let received = try client.receiveToEnd()
                    #expect(received.bytes.isEmpty)
                    #expect(received.ending == .reset)
                }
                #expect(try relay.record.closeReasons(of: 3) == Array(repeating: "connectRefused", count: 3))
                #expect(try relay.record.number("SELECT count(*) FROM sessions WHERE connected_at_ns IS NULL") == 3)
                let scrape = try relay.scrape()
                #expect(scrape.sum("overhear_connect_errors_total", having: "connectRefused") == 3)
                #expect(scrape.sum("overhear_sessions_active") == 0)
                #expect(relay.log.count { $0.contains("reason=connectRefused") } == 3)
            }
        }
    }

    @Test func `is a reset for the client of an upstream whose name nobody knows`() throws {
        try withRelay(to: "no-such-host.invalid:7") { relay in
            try eventually("the start says so") { relay.log.contains { $0.contains("upstream.unresolved") } }
            let client = try relay.connect()
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try relay.record.closeReasons(of: 1) == ["resolveFailed"])
            #expect(try relay.get("/-/ready").status == 200)
        }
    }

    @Test func `comes to a silent session after the idle timeout`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address, "--idle-timeout", "300ms") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            try client.send("then nothing\n")
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try server.receiveToEnd().bytes == Array("then nothing\n".utf8))
            #expect(try relay.record.closeReasons(of: 1) == ["idleTimeout"])
        }
    }

    @Test func `comes to a half-closed and silent session after its own timeout`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address, "--half-closed-timeout", "300ms") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            client.shutdownWrite()
            #expect(try server.receiveToEnd().ending == .endOfStream)
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try relay.record.closeReasons(of: 1) == ["halfClosedTimeout"])
        }
    }

    @Test func `comes to a connect that nobody completes after the connect timeout`() throws {
        // A listener whose queue is full completes no further connection, and refuses none.
        let ear = try Ear(backlog: 0)
        let first = try Wire(to: ear.address)
        try withRelay(to: ear.address, "--connect-timeout", "300ms") { relay in
            let clients = try (1...3).map { _ in try relay.connect() }
            for client in clients.dropFirst() { #expect(try client.receiveToEnd().ending == .reset) }
            try eventually("two sessions are closed") {
                try relay.record.number("SELECT count(*) FROM sessions WHERE close_reason = 'connectTimeout'") >= 2
            }
            for client in clients { client.close() }
        }
        first.close()
    }

    @Test func `by a reset in the middle of a flood delivers a prefix, and the record has what came`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address, framing: "none") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            let flood = (0..<3_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3) }
            let descriptor = server.descriptor
            let sender = Background { try Wire(borrowing: descriptor).send(flood) }
            let first = try client.receive(exactly: 100_000)
            let rest = Background { [descriptor = client.descriptor] in
                try Wire(borrowing: descriptor).receiveToEnd()
            }
            try sender.wait()
            server.reset()
            let last = try rest.wait()
            #expect(last.ending == .reset)
            #expect(flood.starts(with: first + last.bytes))
            #expect(try relay.record.closeReasons(of: 1) == ["upstreamReset"])
            let recorded = try relay.record.stream(session: 1, direction: 1)
            #expect(flood.starts(with: recorded))
            #expect(recorded.count >= first.count + last.bytes.count)
            #expect(try relay.record.number("SELECT bytes_downstream FROM sessions") == recorded.count)
        }
    }

    @Test func `comes after everything, however much both sides say at once`() throws {
        let upward = (0..<4_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 7) >> 2) }
        let downward = (0..<4_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 13) >> 4) }
        let ear = try Ear()
        try withRelay(to: ear.address, framing: "lf") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            let (near, far) = (client.descriptor, server.descriptor)
            let senders = [
                Background {
                    try Wire(borrowing: near).send(upward)
                    Wire(borrowing: near).shutdownWrite()
                },
                Background {
                    try Wire(borrowing: far).send(downward)
                    Wire(borrowing: far).shutdownWrite()
                },
            ]
            let heardByServer = Background { try Wire(borrowing: far).receiveToEnd() }
            #expect(try client.receiveToEnd().bytes == downward)
            #expect(try heardByServer.wait().bytes == upward)
            for sender in senders { try sender.wait() }
            try relay.settle()
            #expect(try relay.record.stream(session: 1, direction: 0) == upward)
            #expect(try relay.record.stream(session: 1, direction: 1) == downward)
        }
    }
}
