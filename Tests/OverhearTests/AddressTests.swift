import Foundation
import Testing

/// The addresses a relay listens on and relays to.
@Suite struct `A route` {
    /// One line there and back, through whatever is between.
    private func expectEcho(at address: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let client = try Wire(to: address)
        try client.send("hello\n")
        let answer = try client.receiveText(exactly: 6)
        #expect(answer == "hello\n", sourceLocation: sourceLocation)
    }

    @Test func `goes from one Unix socket to another`() throws {
        let folder = try Folder()
        let (inner, outer) = ("unix:\(folder.file("server"))", "unix:\(folder.file("relay"))")
        try withEchoServer(on: inner) { server in
            try withRelay(
                arguments: ["--listen", outer, "--upstream", server, "--metrics", "unix:\(folder.file("metrics"))"],
                folder: folder
            ) { relay in
                #expect(relay.address == outer)
                try expectEcho(at: outer)
                try relay.settle()
                let session = try relay.record.rows("SELECT client_address, upstream_address FROM sessions")[0]
                #expect(session["client_address"] as? String == "unix:")
                #expect(session["upstream_address"] as? String == inner)
            }
            #expect(!folder.names.contains("relay"), "the socket's file stayed behind")
            #expect(!folder.names.contains("metrics"), "the socket's file stayed behind")
        }
    }

    @Test func `takes the place of a Unix socket whose server was killed`() throws {
        let folder = try Folder()
        let address = "unix:\(folder.file("relay"))"
        try withEchoServer { server in
            let arguments = ["--listen", address, "--upstream", server, "--metrics", "127.0.0.1:0"]
            let first = try RunningRelay(arguments, folder: folder)
            first.child.signal(SIGKILL)
            try first.child.wait()
            #expect(folder.names.contains("relay"))
            try withRelay(arguments: arguments, folder: folder) { _ in try expectEcho(at: address) }
        }
    }

    @Test func `goes over IPv6`() throws {
        try withEchoServer(on: "[::1]:0") { server in
            let arguments = ["--listen", "[::1]:0", "--upstream", server, "--metrics", "[::1]:0"]
            try withRelay(arguments: arguments) { relay in
                #expect(relay.address.hasPrefix("[::1]:"))
                try expectEcho(at: relay.address)
                #expect(try relay.get("/-/healthy").status == 200)
                try relay.settle()
                let session = try relay.record.rows("SELECT client_address, upstream_address FROM sessions")[0]
                #expect((session["client_address"] as? String)?.hasPrefix("[::1]:") == true)
                #expect(session["upstream_address"] as? String == server)
            }
        }
    }

    @Test func `on every interface hears both families`() throws {
        try withEchoServer { server in
            try withRelay(arguments: ["--listen", ":0", "--upstream", server, "--metrics", ":0"]) { relay in
                let port = relay.address.split(separator: ":").last ?? ""
                try expectEcho(at: "127.0.0.1:\(port)")
                try expectEcho(at: "[::1]:\(port)")
                let scrape = try Wire(to: "127.0.0.1:\(relay.metricsAddress.split(separator: ":").last ?? "")")
                try scrape.send("GET /-/ready HTTP/1.0\r\n\r\n")
                #expect(try scrape.receiveAnswer().status == 200)
            }
        }
    }

    @Test func `to a name tries its addresses in turn`() throws {
        // The name has an IPv6 address on most machines; the server only an IPv4 one.
        try withEchoServer { server in
            let port = server.split(separator: ":")[1]
            try withRelay(to: "localhost:\(port)") { relay in
                try expectEcho(at: relay.address)
                try relay.settle()
                #expect(try relay.record.column("SELECT upstream_address FROM sessions") == [server])
            }
        }
    }

    @Test func `has company, each with its own framing and counters`() throws {
        try withEchoServer { one in
            try withServer(saying("first\0second\0")) { two in
                let arguments = [
                    "--route", "name=lines,listen=127.0.0.1:0,upstream=\(one),framing=lf",
                    "--route", "name=nuls,listen=127.0.0.1:0,upstream=\(two),framing-downstream=nul",
                    "--metrics", "127.0.0.1:0",
                ]
                try withRelay(arguments: arguments) { relay in
                    try expectEcho(at: relay.addresses["lines"] ?? "")
                    let client = try Wire(to: relay.addresses["nuls"] ?? "")
                    #expect(try client.textToEnd() == "first\0second\0")
                    client.close()
                    try relay.settle()
                    let rows = try relay.record.column(
                        "SELECT route || direction || count(*) FROM message_log GROUP BY route, direction ORDER BY 1"
                    )
                    #expect(rows == ["lines<1", "lines>1", "nuls<2"])
                    let scrape = try relay.scrape()
                    #expect(scrape[#"overhear_sessions_total{route="lines"}"#] == 1)
                    #expect(scrape[#"overhear_messages_total{route="nuls",direction="downstream"}"#] == 2)
                    #expect(scrape[#"overhear_messages_total{route="nuls",direction="upstream"}"#] == 0)
                }
            }
        }
    }

    @Test func `lets a server speak first`() throws {
        let serve: @Sendable (Wire) throws -> Void = { wire in
            try wire.send("220 ready\r\n")
            _ = try wire.receive(exactly: 6)
            try wire.send("221 bye\r\n")
        }
        try withServer(serve) { server in
            try withRelay(to: server, framing: "crlf") { relay in
                let client = try relay.connect()
                #expect(try client.receiveText(exactly: 11) == "220 ready\r\n")
                try client.send("QUIT\r\n")
                #expect(try client.textToEnd() == "221 bye\r\n")
                client.close()
                try relay.settle()
                let log = try relay.record.column("SELECT direction || text FROM message_log ORDER BY id")
                #expect(log == [#"<220 ready\r\n"#, #">QUIT\r\n"#, #"<221 bye\r\n"#])
            }
        }
    }

    @Test func `shares its port among several loops, and every session is recorded once`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--loops", "3") { relay in
                for _ in 1...60 { try expectEcho(at: relay.address) }
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM sessions") == 60)
                #expect(try relay.record.number("SELECT count(*) FROM messages") == 120)
                #expect(try relay.record.number("SELECT max(id) - min(id) FROM messages") == 119)
            }
        }
    }

    @Test func `can be read while its session is open, through every view`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("question\n")
                #expect(try client.receiveText(exactly: 9) == "question\n")
                try eventually("both messages are recorded") {
                    try relay.record.number("SELECT count(*) FROM messages") == 2
                }
                let record = relay.record
                #expect(
                    try record.column("SELECT direction || text FROM message_log ORDER BY id")
                        == [#">question\n"#, #"<question\n"#]
                )
                #expect(try record.column("SELECT state FROM session_log") == ["open"])
                let exchange = try record.rows("SELECT request, answer, turnaround_ns FROM exchanges")[0]
                #expect(exchange["request"] as? String == #"question\n"#)
                #expect(exchange["answer"] as? String == #"question\n"#)
                #expect((exchange["turnaround_ns"] as? Int).map { $0 >= 0 } == true)
                try eventually("the live session is sampled") {
                    try record.number("SELECT bytes_upstream FROM sessions") == 9
                        && record.number("SELECT count(*) FROM channel_log") >= 2
                }
            }
        }
    }
}
