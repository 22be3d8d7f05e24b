import Foundation
import Glibc
import Testing

/// `overhear sessions` beside a relay that records.
@Suite struct `overhear sessions` {
    private func list(_ relay: RunningRelay, _ arguments: String...) throws -> [[String: Any]] {
        let outcome = try Overhear.run(["sessions", "--json", "--database", relay.record.path] + arguments)
        #expect(outcome.status == 0, "it said: \(outcome.errors)")
        return try outcome.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// Three sessions: the first stays open, the others are closed.
    private func withSessions(_ body: (RunningRelay, Wire) throws -> Void) throws {
        try withEchoServer { server in
            try withRelay(to: server, "--sample-interval", "50ms") { relay in
                let open = try relay.connect()
                for client in [open, try relay.connect(), try relay.connect()] {
                    try client.send("hello\n")
                    _ = try client.receive(exactly: 6)
                    if client !== open { client.close() }
                }
                try eventually("two are closed and the third is sampled") {
                    try relay.record.number(
                        "SELECT count(*) FROM sessions WHERE (id = 1 OR closed_at_ns NOTNULL) AND bytes_downstream = 6"
                    ) == 3
                }
                try body(relay, open)
            }
        }
    }

    @Test func `lists the open ones first, then the newest`() throws {
        try withSessions { relay, client in
            let sessions = try list(relay)
            #expect(sessions.map { $0["id"] as? Int } == [1, 3, 2])
            #expect(sessions.map { $0["state"] as? String } == ["open", "clientClosed", "clientClosed"])
            #expect(try list(relay, "--live").map { $0["id"] as? Int } == [1])
            #expect(try list(relay, "-n", "2").map { $0["id"] as? Int } == [1, 3])
            client.close()
            try relay.settle()
            #expect(try list(relay).map { $0["id"] as? Int } == [3, 2, 1])
            #expect(try list(relay, "--live").isEmpty)
        }
    }

    @Test func `gives the numbers that the shell gives`() throws {
        try withSessions { relay, client in
            client.close()
            try relay.settle()
            let rows = try relay.record.rows(
                """
                SELECT id, run_id AS run, route, client_address AS client, upstream_address AS upstream,
                close_reason AS state, opened_at_ns, connected_at_ns, closed_at_ns, messages_upstream,
                messages_downstream, bytes_upstream, bytes_downstream, first_message_id, last_message_id
                FROM sessions ORDER BY id DESC
                """
            )
            let sessions = try list(relay)
            #expect(sessions.count == 3 && rows.count == 3)
            for (session, row) in zip(sessions, rows) {
                for (key, value) in row { #expect("\(session[key] ?? "")" == "\(value)", "\(key)") }
                let lasted = ((row["closed_at_ns"] as? Int) ?? 0) - ((row["opened_at_ns"] as? Int) ?? 0)
                #expect(session["seconds"] as? Double == Double(lasted) / 1e9)
            }
        }
    }

    @Test func `fits into 80 columns of a terminal, and is aligned`() throws {
        try withSessions { relay, _ in
            let outcome = try Overhear.runOnTerminal(
                columns: 80,
                ["sessions", "--database", relay.record.path],
                environment: ["NO_COLOR": "1"]
            )
            #expect(outcome.status == 0)
            let lines = outcome.output.split(separator: "\n").map(String.init)
            #expect(lines.count == 4)
            #expect(lines.allSatisfy { $0.count <= 80 })
            #expect(lines[0].hasPrefix("ID  STATE ") && lines[0].hasSuffix("MSGS >/<  BYTES >/<"))
            #expect(lines[1].contains(" open ") && lines[1].hasSuffix(" 1/1        6/6"))
            #expect(Set(lines.map(\.count)).count == 1, "\(lines)")
        }
    }

    @Test func `does not take for open what a killed relay left`() throws {
        try withEchoServer { server in
            let relay = try RunningRelay(
                ["--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "off"],
                folder: try Folder()
            )
            let client = try relay.connect()
            try client.send("hello\n")
            _ = try client.receive(exactly: 6)
            try eventually("it is recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
            #expect(try list(relay).first?["state"] as? String == "open")
            relay.child.signal(SIGKILL)
            try relay.child.wait()
            #expect(try list(relay).first?["state"] as? String == "unfinished")
            #expect(try list(relay, "--live").isEmpty)
        }
    }

    @Test func `never keeps a relay from starting, however often somebody looks`() throws {
        try withEchoServer { server in
            let folder = try Folder()
            let arguments = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            try withRelay(arguments: arguments, folder: folder) { _ in }
            let path = folder.file("overhear.db")
            let looking = try Child("bash", ["-c", "while :; do flock -sn '\(path).lock' true; done"])
            for _ in 1...3 { try withRelay(arguments: arguments, folder: folder) { _ in } }
            looking.signal(SIGTERM)
            try looking.wait()
        }
    }
}
