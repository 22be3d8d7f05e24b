import Foundation
import Testing

/// What the program says of itself, and how it is told what to do.
@Suite struct `The command line` {
    @Test func `tells the version in one line`() throws {
        let outcome = try Overhear.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("overhear "))
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["demo", "--help"], ["healthcheck", "--help"]])
    func `helps in lines that fit a terminal`(arguments: [String]) throws {
        let outcome = try Overhear.run(arguments)
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        let long = outcome.output.split(separator: "\n").filter { $0.count > 80 }
        #expect(long.isEmpty)
        let torn = outcome.output.split(separator: "\n").filter { $0.trimmingCharacters(in: .whitespaces) == "\\" }
        #expect(torn.isEmpty, "an example is torn in two")
    }

    @Test func `helps with sense first, and with examples before options`() throws {
        let help = try Overhear.run(["--help"]).output
        #expect(help.split(separator: "\n").first?.contains("TCP relay") == true)
        let examples = try #require(help.range(of: "EXAMPLES"))
        let options = try #require(help.range(of: "OPTIONS:"))
        #expect(examples.lowerBound < options.lowerBound)
    }

    @Test func `takes its options from the environment`() throws {
        try withEchoServer { server in
            let variables = [
                "OVERHEAR_LISTEN": "127.0.0.1:0", "OVERHEAR_UPSTREAM": server, "OVERHEAR_FRAMING": "crlf",
                "OVERHEAR_DATABASE": "overhear.db", "OVERHEAR_METRICS": "127.0.0.1:0", "OVERHEAR_LOG_FORMAT": "text",
                "OVERHEAR_IDLE_TIMEOUT": "7m", "OVERHEAR_CAPTURE_BUFFER": "8MiB",
            ]
            try withRelay(arguments: [], environment: variables) { relay in
                let client = try relay.connect()
                try client.send("a\nb\r\n")
                #expect(try client.receiveText(exactly: 5) == "a\nb\r\n")
                client.close()
                try relay.settle()
                #expect(try relay.record.messages(direction: 0) == ["a\nb\r\n"])
                let configuration = try relay.record.column("SELECT configuration FROM runs")
                #expect(configuration.first?.contains(#""idle_timeout":"7m""#) == true, "\(configuration)")
            }
        }
    }

    @Test func `has the last word over the environment`() throws {
        try withEchoServer { server in
            let variables = ["OVERHEAR_FRAMING": "lf", "OVERHEAR_UPSTREAM": "127.0.0.1:1"]
            try withRelay(to: server, framing: "nul", environment: variables) { relay in
                let client = try relay.connect()
                try client.send("a\nb\0")
                #expect(try client.receiveText(exactly: 4) == "a\nb\0")
                client.close()
                try relay.settle()
                #expect(try relay.record.messages(direction: 0) == ["a\nb\0"])
            }
        }
    }

    @Test func `takes several routes from one variable, a line each`() throws {
        try withEchoServer { server in
            let routes =
                "name=one,listen=127.0.0.1:0,upstream=\(server)\nname=two,listen=127.0.0.1:0,upstream=\(server)\n"
            try withRelay(arguments: ["--metrics", "127.0.0.1:0"], environment: ["OVERHEAR_ROUTE": routes]) { relay in
                #expect(relay.addresses.keys.sorted() == ["one", "two"])
            }
        }
    }

    @Test func `warns of a variable that means nothing`() throws {
        try withEchoServer { server in
            try withRelay(to: server, environment: ["OVERHEAR_IDEL_TIMEOUT": "1s"]) { relay in
                let warnings = relay.log.filter { $0.contains("environment.unknown") }
                #expect(warnings.count == 1)
                #expect(warnings.first?.contains("OVERHEAR_IDEL_TIMEOUT") == true)
            }
        }
    }

    @Test func `with capture off makes no file at all`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--capture", "off") { relay in
                let client = try relay.connect()
                try client.send("unheard\n")
                #expect(try client.receiveText(exactly: 8) == "unheard\n")
                client.close()
                try eventually("the session is counted") {
                    try relay.scrape().sum("overhear_sessions_closed_total") == 1
                }
                #expect(relay.folder.names.isEmpty)
                #expect(try relay.scrape().sum("overhear_received_bytes_total") == 16)
            }
        }
    }

    @Test func `bounds what is stored of a message, never what is relayed`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--max-message-bytes", "1KiB") { relay in
                let line = String(repeating: "x", count: 99_999) + "\n"
                let client = try relay.connect()
                try client.send(line)
                #expect(try client.receiveText(exactly: 100_000) == line)
                client.close()
                try relay.settle()
                let rows = try relay.record.column("SELECT byte_count || ' ' || length(payload) FROM messages")
                #expect(rows == ["100000 1024", "100000 1024"])
            }
        }
    }

    @Test func `keeps the record and the lock to their owner and group`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                for name in relay.folder.names {
                    let attributes = try FileManager.default.attributesOfItem(atPath: relay.folder.file(name))
                    let mode = attributes[.posixPermissions] as? Int ?? 0
                    #expect(mode & 0o027 == 0, "\(name) has mode \(String(mode, radix: 8))")
                }
            }
        }
    }
}
