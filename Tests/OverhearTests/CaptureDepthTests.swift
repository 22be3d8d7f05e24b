import Foundation
import Testing

/// `--capture`: how much of what passes is stored, for all of it, a route or a direction.
@Suite struct `How much is recorded` {
    /// What one line of ten bytes each way leaves in the record: direction, true length, stored length.
    ///
    /// - Parameter sessions: how many are recorded when it is over.
    private func rows(of relay: RunningRelay, at address: String? = nil, sessions: Int = 1) throws -> [String] {
        let client = try Wire(to: address ?? relay.address)
        try client.send("123456789\n")
        #expect(try client.receiveText(exactly: 10) == "123456789\n")
        client.close()
        try eventually("the session has ended") {
            try relay.scrape().sum("overhear_sessions_active") == 0
                && relay.record.number("SELECT count(*) FROM sessions WHERE closed_at_ns NOTNULL") == sessions
        }
        let columns = "direction || ' ' || byte_count || ' ' || length(payload) || ' ' || typeof(payload)"
        return try relay.record.column("SELECT \(columns) FROM messages ORDER BY direction")
    }

    @Test(arguments: [
        (["--capture", "full"], ["0 10 10 blob", "1 10 10 blob"]),
        (["--capture", "head:4"], ["0 10 4 blob", "1 10 4 blob"]),
        (["--capture", "head:1KiB"], ["0 10 10 blob", "1 10 10 blob"]),
        (["--capture", "metadata"], ["0 10 0 blob", "1 10 0 blob"]),
        (["--capture-upstream", "metadata"], ["0 10 0 blob", "1 10 10 blob"]),
        (["--capture", "head:4", "--capture-downstream", "off"], ["0 10 4 blob"]),
        (["--capture", "off", "--capture-downstream", "full"], ["1 10 10 blob"]),
    ]) func `is what the flags say`(flags: [String], expected: [String]) throws {
        try withEchoServer { server in
            let route = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            try withRelay(arguments: route + flags) { relay throws in
                #expect(try rows(of: relay) == expected)
                // Counted all the same.
                #expect(try relay.scrape().sum("overhear_messages_total") == 2)
                #expect(try relay.record.number("SELECT messages_upstream + messages_downstream FROM sessions") == 2)
                #expect(try relay.record.number("SELECT count(*) FROM gaps") == 0)
            }
        }
    }

    @Test func `is what a route says, and where it says nothing what the flags say`() throws {
        try withEchoServer { server in
            let modes = ["all": "", "head": ",capture=head:3", "one": ",capture=off,capture-upstream=metadata"]
            let routes = modes.flatMap { name, mode in
                ["--route", "name=\(name),listen=127.0.0.1:0,upstream=\(server),framing=lf\(mode)"]
            }
            try withRelay(arguments: routes + ["--capture-downstream", "head:5", "--metrics", "127.0.0.1:0"]) {
                relay throws in
                for (index, name) in ["all", "head", "one"].enumerated() {
                    _ = try rows(of: relay, at: relay.addresses[name], sessions: index + 1)
                }
                let stored = """
                    SELECT route || ' ' || direction || ' ' || length(payload) FROM messages
                    JOIN sessions ON sessions.id = session_id ORDER BY 1
                    """
                #expect(try relay.record.column(stored) == ["all 0 10", "all 1 5", "head 0 3", "head 1 3", "one 0 0"])
                let configuration = try relay.record.column("SELECT configuration FROM runs").first ?? ""
                #expect(configuration.contains(#""capture_upstream":"head:3""#), "\(configuration)")
                #expect(configuration.contains(#""capture_downstream":"off""#), "\(configuration)")
            }
        }
    }

    @Test func `may be nothing at all of a route`() throws {
        try withEchoServer { server in
            let routes = ["secret", "open"].flatMap { name in
                [
                    "--route",
                    "name=\(name),listen=127.0.0.1:0,upstream=\(server)\(name == "secret" ? ",capture=off" : "")",
                ]
            }
            try withRelay(arguments: routes + ["--sample-interval", "10ms", "--metrics", "127.0.0.1:0"]) {
                relay throws in
                #expect(try rows(of: relay, at: relay.addresses["secret"], sessions: 0) == [])
                #expect(try rows(of: relay, at: relay.addresses["open"]).count == 2)
                #expect(try relay.record.column("SELECT route FROM sessions") == ["open"])
                #expect(
                    try relay.record.number(
                        "SELECT count(*) FROM channel_samples WHERE session_id NOT IN (SELECT id FROM sessions)"
                    ) == 0
                )
                #expect(try relay.scrape().sum("overhear_messages_total", having: "secret") == 2)
            }
        }
    }

    @Test func `makes no file where every route is off`() throws {
        try withEchoServer { server in
            let route = "name=a,listen=127.0.0.1:0,upstream=\(server),capture=off"
            try withRelay(arguments: ["--route", route, "--metrics", "127.0.0.1:0"]) { relay throws in
                #expect(relay.folder.names.isEmpty)
                #expect(relay.log.contains { $0.contains("capture.off") })
            }
        }
    }
}
