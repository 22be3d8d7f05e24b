import Foundation
import Glibc
import Testing

/// Many clients, rude ones and slow ones.
@Suite(.serialized) struct `A relay under load` {
    /// Floods whoever begins with f, swallows what one says who begins with s, and gives anybody else back what they say.
    private static let anything: @Sendable (Wire) throws -> Void = { wire in
        switch try wire.receive(exactly: 1) {
        case [UInt8(ascii: "f")]:
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65535) + [UInt8(ascii: "\n")]
            for _ in 1...1024 { try wire.send(piece) }
        case [UInt8(ascii: "s")]:
            // Until it is told to go on, it reads nothing.
            try eventually(within: 60, "the client is done") { wire.isClosedByPeer }
        default:
            while true {
                let bytes = try wire.receiveSome()
                guard !bytes.isEmpty else { return }
                try wire.send(bytes)
            }
        }
    }

    /// - Parameter text: what the server gives back; `anything` does so after a first byte.
    private func expectUnaffected(
        _ relay: RunningRelay,
        saying text: String = "unaffected\n",
        after first: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let client = try relay.connect()
        try client.send(first + text)
        let answer = try client.receiveText(exactly: text.utf8.count)
        #expect(answer == text, sourceLocation: sourceLocation)
    }

    @Test func `of five hundred clients for ten seconds loses nothing`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let lines = try Chorus.sing(500, at: relay.address, for: 10)
                let total = lines.reduce(0, +)
                #expect(lines.allSatisfy { $0 > 0 })
                try relay.settle()
                let record = relay.record
                #expect(try record.number("SELECT count(*) FROM sessions") == 500)
                #expect(try record.number("SELECT count(*) FROM messages") == 2 * total)
                #expect(try record.number("SELECT count(*) FROM gaps") == 0)
                // Each message is the line its number says, and each client has one session with all its lines.
                let wrong = """
                    SELECT count(*) FROM messages
                    WHERE CAST(payload AS TEXT) NOT GLOB '* says line ' || sequence || char(10)
                    """
                #expect(try record.number(wrong) == 0)
                let byClient = try record.column(
                    """
                    SELECT substr(payload, 1, instr(payload, ' says') - 1) || ':' || count(*) || ':' || max(sequence)
                    FROM messages GROUP BY session_id, direction
                    """
                )
                let expected = lines.enumerated().map { "client \($0):\($1):\($1)" }
                #expect(byClient.sorted() == (expected + expected).sorted())
                let scrape = try relay.scrape()
                #expect(scrape.sum("overhear_messages_total") == Double(2 * total))
                let bytes = try record.number("SELECT sum(byte_count) FROM messages")
                #expect(scrape.sum("overhear_received_bytes_total") == Double(bytes))
                #expect(scrape.sum("overhear_sent_bytes_total") == Double(bytes))
            }
        }
    }

    @Test func `keeps little for a client that never reads, and gives it everything when it does`() throws {
        try withServer(Self.anything) { server in
            try withRelay(to: server) { relay in
                try expectUnaffected(relay, after: "e")
                let before = try relay.residentByteCount()
                let deaf = try relay.connect(receiveBuffer: 8192)
                try deaf.send("f")
                try eventually("the relay holds the server up") {
                    try relay.scrape()[#"overhear_fifo_bytes_max{route="default",side="client"}"#] ?? 0 > 64 * 1024
                }
                try expectUnaffected(relay, after: "e")
                let scrape = try relay.scrape()
                #expect(scrape.sum("overhear_fifo_bytes_max", having: "client") <= 512 * 1024)
                #expect(try relay.residentByteCount() < before + 32_000_000)
                let received = try deaf.receiveToEnd()
                #expect(received.bytes.count == 1024 * 65536)
                deaf.close()
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM messages WHERE byte_count = 65536") == 1024)
                #expect(try relay.record.number("SELECT sum(paused_ns) > 0 FROM channel_samples") == 1)
            }
        }
    }

    @Test func `keeps little for a server that never reads`() throws {
        try withServer(Self.anything) { server in
            try withRelay(to: server) { relay in
                try expectUnaffected(relay, after: "e")
                let before = try relay.residentByteCount()
                let client = try relay.connect()
                let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65536)
                try client.send("s")
                var sent = 0
                try eventually("the relay holds the client up") {
                    sent += client.sendSome(piece[...])
                    return try relay.scrape()[#"overhear_fifo_bytes_max{route="default",side="upstream"}"#] ?? 0 > 64
                        * 1024
                        && client.sendSome(piece[...]) == 0
                }
                try expectUnaffected(relay, after: "e")
                #expect(try relay.residentByteCount() < before + 32_000_000)
                client.reset()
            }
        }
    }

    @Test func `hears the same messages from a client that sends one byte at a time`() throws {
        try withEchoServer { server in
            try withRelay(to: server, framing: "crlf") { relay in
                let text = (1...100).map { "line \($0)\r\n" }.joined() + "\r\r\n\n\r\n\r"
                let client = try relay.connect()
                for byte in text.utf8 { try client.send([byte]) }
                #expect(try client.receiveText(exactly: text.utf8.count) == text)
                client.shutdownWrite()
                _ = try client.receiveToEnd()
                try relay.settle()
                let messages = try relay.record.messages(direction: 0)
                #expect(messages.joined() == text)
                #expect(messages.prefix(2) == ["line 1\r\n", "line 2\r\n"])
                #expect(messages.suffix(3) == ["\r\r\n", "\n\r\n", "\r"])
                #expect(messages == (try relay.record.messages(direction: 1)))
            }
        }
    }

    @Test func `is as it was before after ten thousand clients came and went`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                try visit(relay, times: 500)
                let descriptors = try relay.descriptorCount()
                let memory = try relay.residentByteCount()
                try visit(relay, times: 10_000)
                try eventually("all descriptors are closed") { try relay.descriptorCount() <= descriptors }
                #expect(try relay.residentByteCount() < memory + 16_000_000)
                #expect(try relay.record.number("SELECT count(*) FROM sessions WHERE close_reason NOTNULL") > 5000)
            }
        }
    }

    /// Connects and leaves: every second client with a reset, every third after a word.
    private func visit(_ relay: RunningRelay, times: Int) throws {
        let address = relay.address
        let visitors = (0..<4).map { visitor in
            Background {
                for visit in 0..<times / 4 {
                    let wire = try Wire(to: address)
                    if (visit + visitor).isMultiple(of: 3) { try wire.send("hello\n") }
                    if visit.isMultiple(of: 2) { wire.reset() } else { wire.close() }
                }
            }
        }
        for visitor in visitors { try visitor.wait() }
        // Clients are accepted in order, so when this one is served all are. Those who were reset before that are nobody's:
        // the kernel does not show them (accept(2), ECONNABORTED).
        let last = try relay.connect()
        try last.send("hello\n")
        #expect(try last.receiveText(exactly: 6) == "hello\n")
        last.close()
        try relay.settle()
    }

    @Test func `keeps little for a thousand clients that are silent`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                try expectUnaffected(relay)
                let before = try relay.residentByteCount()
                let silent = try (1...1000).map { _ in try relay.connect() }
                for client in silent { try client.send("then silent\n") }
                for client in silent { #expect(try client.receiveText(exactly: 12) == "then silent\n") }
                #expect(try relay.scrape().sum("overhear_sessions_active") >= 1000)
                let memory = try relay.residentByteCount() - before
                #expect(memory < 1000 * 32768)
                try expectUnaffected(relay)
            }
        }
    }

    @Test func `lets further clients wait at the session limit, and goes on`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--max-sessions", "2") { relay in
                var clients = try (1...4).map { _ in try relay.connect() }
                for client in clients { try client.send("hello\n") }
                #expect(try clients[0].receiveText(exactly: 6) == "hello\n")
                #expect(try clients[1].receiveText(exactly: 6) == "hello\n")
                try eventually("accepting pauses") { try relay.scrape().sum("overhear_accept_pauses_total") == 1 }
                #expect(try relay.scrape().sum("overhear_sessions_total") == 2)
                clients.removeFirst().close()
                #expect(try clients[1].receiveText(exactly: 6) == "hello\n")
                clients.removeFirst().close()
                #expect(try clients[1].receiveText(exactly: 6) == "hello\n")
                #expect(relay.log.contains { $0.contains("accept.paused") })
            }
        }
    }

    /// An even number leaves none for a client, an odd one none for its upstream.
    @Test(arguments: [8, 9])
    func `survives having no descriptors left, and goes on when it has some`(spare: Int) throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let limit = try relay.descriptorCount() + spare
                try succeed("prlimit", ["--pid", "\(relay.child.pid)", "--nofile=\(limit):\(limit)"])
                let clients = try (1...20).map { _ in try relay.connect() }
                try eventually("accepting pauses") {
                    relay.log.contains { $0.contains("accept.paused") }
                }
                for client in clients { client.close() }
                try eventually("the relay serves again") {
                    let client = try relay.connect()
                    try client.send("hello\n")
                    return (try? client.receiveText(exactly: 6)) == "hello\n"
                }
                #expect(try relay.get("/-/ready").status == 200)
            }
        }
    }
}
