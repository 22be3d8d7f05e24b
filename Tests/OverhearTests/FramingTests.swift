import Testing

@testable import Relay
@testable import overhear

@Suite struct `The program's framings` {
    @Test func `are listed, each with an example that it takes`() throws {
        let lines = try Overhear.run(["framings"]).output.split(separator: "\n")
        #expect(lines.count == ListedFraming.all.count)
        for line in lines {
            let example = String(line.prefix { $0 != " " })
            #expect(try Framing(parsing: example).description == example)
            #expect(line.contains("  "), "\(line)")
        }
    }

    @Test func `record the kind of each message`() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        try withServer({ wire in
            _ = try wire.receiveSome()
            try wire.send(answer)
        }) { server in
            try withRelay(to: server, framing: "http") { relay in
                let client = try relay.connect()
                try client.send("GET /page?key=secret HTTP/1.1\r\nHost: here\r\n\r\n")
                #expect(try client.textToEnd() == answer)
                client.close()
                try relay.settle()
                #expect(try relay.record.column("SELECT kind FROM messages ORDER BY id") == ["GET /page", "200"])
                #expect(try relay.record.column("SELECT kind FROM message_log ORDER BY id") == ["GET /page", "200"])
            }
        }
    }

    @Test func `cut a message without end in the record, never on the wire`() throws {
        try withEchoServer { server in
            for framing in ["lf", "delimiter:0a/00"] {
                try withRelay(to: server, framing: framing, "--overlong-after", "1KiB") { relay in
                    let text = String(repeating: "x", count: 2500) + "\nshort\n"
                    let client = try relay.connect()
                    try client.send(text)
                    #expect(try client.receiveText(exactly: text.utf8.count) == text)
                    client.close()
                    try relay.settle()
                    let rows = try relay.record.column(
                        "SELECT byte_count || ' ' || ending FROM messages WHERE direction = 0 ORDER BY id"
                    )
                    #expect(rows == ["1024 3", "1024 3", "453 0", "6 0"], "\(framing)")
                    #expect(try relay.record.messages(session: 1, direction: 0).joined() == text)
                }
            }
        }
    }

    @Test func `say once that they have lost their way, count it, and record the rest`() throws {
        try withEchoServer { server in
            try withRelay(to: server, framing: "none", "--framing-upstream", "length:u32be/add=-4") { relay in
                let bytes: [UInt8] = [0, 0, 0, 5, 1, 0, 0, 0, 3, 9, 9]
                let client = try relay.connect()
                try client.send(bytes)
                #expect(try client.receive(exactly: bytes.count) == bytes)
                try client.send([7])
                #expect(try client.receive(exactly: 1) == [7])
                client.close()
                try relay.settle()
                #expect(try relay.record.stream(session: 1, direction: 0) == bytes + [7])
                let endings = try relay.record.column("SELECT ending FROM messages WHERE direction = 0 ORDER BY id")
                #expect(endings.first == "1" && endings.dropFirst().allSatisfy { $0 == "2" })
                #expect(
                    try relay.scrape().sum("overhear_framings_lost_total", having: "direction=\"upstream\"") == 1
                )
                let lines = relay.log.filter { $0.contains("framing.lost") }
                #expect(lines.count == 1)
                #expect(lines.first?.contains("a message has -1 bytes") == true, "\(lines)")
            }
        }
    }

    @Test func `say what auto took, and record it from the first byte on`() throws {
        try withEchoServer { server in
            try withRelay(to: server, framing: "auto") { relay in
                let ping = "*1\r\n$4\r\nPING\r\n"
                let client = try relay.connect()
                for character in ping {
                    try client.send(String(character))
                    _ = try client.receive(exactly: String(character).utf8.count)
                }
                client.close()
                let unknown = try relay.connect()
                try unknown.send("hello\n")
                _ = try unknown.receiveText(exactly: 6)
                unknown.close()
                try relay.settle()
                let log = relay.log.filter { $0.contains("framing.recognised") }
                #expect(log.count == 2)
                #expect(log.first?.contains("framing=resp") == true && log.last?.contains("framing=none") == true)
                #expect(try relay.record.column("SELECT framing FROM sessions ORDER BY id") == ["resp", "none"])
                let first = "FROM messages WHERE session_id = 1 AND direction = 0"
                #expect(try relay.record.column("SELECT kind || ' ' || byte_count \(first)") == ["PING 14"])
                #expect(try relay.record.messages(session: 2, direction: 0) == ["hello\n"])
            }
        }
    }
}
