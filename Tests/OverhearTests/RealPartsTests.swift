import Foundation
import Glibc
import Testing

/// The heavier programs, which `make test-real` installs.
@Suite(.serialized, .enabled(if: realParts, "only with OVERHEAR_REAL_PARTS=1, as make test-real sets it"))
struct `Heavier programs behind the relay` {
    // MARK: - nginx and wrk

    @Test func `nginx serves wrk without an error, and the counters are the sums over the record`() throws {
        try withNginx { nginx in
            try withRelay(to: nginx, framing: "crlf") { relay in
                let report = try succeed("wrk", ["-t", "2", "-c", "50", "-d", "4s", "http://\(relay.address)/"])
                #expect(!report.contains("Socket errors"), "\(report)")
                #expect(!report.contains("Non-2xx"), "\(report)")
                let requests = try #require(report.firstMatch(of: /(\d+) requests in/).flatMap { Int($0.1) })
                #expect(requests > 100)
                try relay.settle()
                try expectCountersAreSums(relay)
                let record = relay.record
                #expect(try record.number("SELECT count(*) FROM sessions") >= 50)
                // wrk leaves in the middle of its last requests, so a few more may have been answered than it counts.
                let answers = try record.number(
                    "SELECT count(*) FROM messages WHERE direction = 1 AND CAST(payload AS TEXT) LIKE '%HTTP/1.1 200 OK%'"
                )
                #expect((requests...requests + 50).contains(answers))
            }
        }
    }

    @Test(arguments: ["http", "auto"]) func `nginx and wrk are heard request by request`(framing: String) throws {
        try withNginx { nginx in
            try withRelay(to: nginx, framing: framing) { relay in
                let report = try succeed(
                    "wrk",
                    ["-t", "2", "-c", "20", "-d", "2s", "http://\(relay.address)/path?query"]
                )
                let requests = try #require(report.firstMatch(of: /(\d+) requests in/).flatMap { Int($0.1) })
                for arguments in [
                    ["-I"], ["-d", "some=form"], ["-H", "Transfer-Encoding: chunked", "-T", "/etc/hostname"],
                ] {
                    _ = try run("curl", ["-s", "-o", "/dev/null"] + arguments + ["http://\(relay.address)/curl"])
                }
                try relay.settle()
                let record = relay.record
                let answers = try record.number("SELECT count(*) FROM messages WHERE direction = 1 AND kind = '200'")
                // wrk leaves in the middle of its last requests.
                #expect((requests...requests + 23).contains(answers), "\(requests) requests, \(answers) answers")
                let kinds = try record.column("SELECT DISTINCT kind FROM messages WHERE direction = 0 ORDER BY 1")
                #expect(kinds == ["GET /path", "HEAD /curl", "POST /curl", "PUT /curl"])
                #expect(try record.number("SELECT count(*) FROM messages WHERE ending = 2") == 0)
                #expect(try relay.scrape().sum("overhear_framings_lost_total") == 0)
            }
        }
    }

    // MARK: - Prometheus

    @Test func `promtool finds nothing to object to in the metrics, and the alerts fire when they should`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let rules = root.deletingLastPathComponent().appendingPathComponent("dashboards/prometheus").path
        try succeed("promtool", ["check", "rules", "\(rules)/overhear.rules.yml"])
        try succeed("promtool", ["test", "rules", "\(rules)/overhear.rules.test.yml"])
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("heard\n")
                _ = try client.receive(exactly: 6)
                let outcome = try run("promtool", ["check", "metrics"], input: try relay.get("/metrics").text)
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            }
        }
    }

    // MARK: - PostgreSQL

    @Test(arguments: ["postgres", "auto"]) func `pgbench is heard message by message`(framing: String) throws {
        try withPostgres { postgres in
            try withRelay(to: postgres, framing: framing) { relay in
                _ = try postgresClient("pgbench", ["-i", "-q", "-s", "1", "postgres"], at: relay.address)
                let before = try relay.record.number("SELECT coalesce(max(id), 0) FROM messages")
                _ = try postgresClient("pgbench", ["-c", "4", "-t", "50", "-n", "postgres"], at: relay.address)
                _ = try postgresClient(
                    "pgbench",
                    ["-c", "4", "-t", "50", "-n", "-M", "extended", "postgres"],
                    at: relay.address
                )
                try relay.settle()
                let record = relay.record
                // Seven statements make a transaction.
                let queries = try record.number("SELECT count(*) FROM messages WHERE id > \(before) AND kind = 'Query'")
                #expect((1400...1420).contains(queries), "\(queries)")
                #expect(try record.number("SELECT count(*) FROM messages WHERE kind = 'Execute'") == 1400)
                let asked = "'Query', 'Sync', 'StartupMessage'"
                #expect(
                    try record.number("SELECT count(*) FROM messages WHERE kind = 'ReadyForQuery'")
                        == record.number("SELECT count(*) FROM messages WHERE direction = 0 AND kind IN (\(asked))")
                )
                #expect(try record.number("SELECT count(*) FROM messages WHERE kind = 'CopyData'") > 0)
                #expect(try record.number("SELECT count(*) FROM messages WHERE kind IS NULL OR ending <> 1") == 0)
                #expect(try relay.scrape().sum("overhear_framings_lost_total") == 0)
            }
        }
    }

    @Test func `psql sees what it sees without it, and pgbench's traffic is in the record byte for byte`() throws {
        try withPostgres { postgres in
            try withTee(to: postgres) { address, tee in
                try withRelay(to: address, framing: "none") { relay in
                    let query = ["-c", "SELECT n, md5(n::text), repeat('x', 10000) FROM generate_series(1, 500) AS n"]
                    let through = try postgresClient("psql", query, at: relay.address)
                    #expect(through == (try postgresClient("psql", query, at: postgres)))
                    #expect(through.contains("(500 rows)"))
                    _ = try postgresClient("pgbench", ["-i", "-q", "-s", "1", "postgres"], at: relay.address)
                    let report = try postgresClient("pgbench", ["-c", "8", "-t", "50", "postgres"], at: relay.address)
                    #expect(report.contains("400/400"), "\(report)")
                    try relay.settle()
                    try expectCountersAreSums(relay)
                    let record = relay.record
                    let sessions = try record.column("SELECT id FROM sessions").compactMap { Int($0) }
                    let recorded = try sessions.map {
                        Tee.Conversation(
                            upstream: try record.stream(session: $0, direction: 0),
                            downstream: try record.stream(session: $0, direction: 1)
                        )
                    }
                    #expect(Set(recorded) == Set(tee.conversations))
                }
            }
        }
    }

    private func expectCountersAreSums(_ relay: RunningRelay, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        let scrape = try relay.scrape()
        let record = relay.record
        for (direction, name) in [(0, "upstream"), (1, "downstream")] {
            let label = "direction=\"\(name)\""
            let bytes = try record.number("SELECT sum(byte_count) FROM messages WHERE direction = \(direction)")
            let messages = try record.number("SELECT count(*) FROM messages WHERE direction = \(direction)")
            #expect(
                scrape.sum("overhear_received_bytes_total", having: label) == Double(bytes),
                sourceLocation: sourceLocation
            )
            #expect(
                scrape.sum("overhear_messages_total", having: label) == Double(messages),
                sourceLocation: sourceLocation
            )
        }
        #expect(try record.number("SELECT count(*) FROM gaps") == 0, sourceLocation: sourceLocation)
    }
}

/// Are the heavier parts wanted?
let realParts = ProcessInfo.processInfo.environment["OVERHEAR_REAL_PARTS"] == "1"
