import Foundation
import Glibc
import Testing

/// Scrapes of a relay to which everything has happened that can, read by those who will not forgive.
@Suite struct `A relay that has seen everything` {
    private static let openMetrics = "application/openmetrics-text;version=1.0.0"

    @Test func `is understood by both of Prometheus' strict parsers, and by promtool where it is`() throws {
        let own = try Ear()
        // A listener whose queue is full completes no further connection, and refuses none.
        let full = try Ear(backlog: 0)
        let first = try Wire(to: full.address)
        defer { first.close() }
        try withEchoServer { server in
            try Ear.withNobody { nobody in
                let routes = [
                    "name=echo,upstream=\(server),framing=lf", "name=own,upstream=\(own.address),framing=octet",
                    "name=gone,upstream=\(nobody)", "name=unknown,upstream=no-such-host.invalid:7",
                    "name=full,upstream=\(full.address)",
                ]
                let limits = [
                    "--connect-timeout", "300ms", "--half-closed-timeout", "300ms", "--idle-timeout", "1s",
                    "--max-sessions", "6", "--metrics", "127.0.0.1:0",
                ]
                let arguments = limits + routes.flatMap { ["--route", $0 + ",listen=127.0.0.1:0"] }
                try withRelay(arguments: arguments) { relay in
                    try expectUnderstood(relay)
                    try endInEveryWay(relay, server: own)
                    try meetNobody(relay)
                    try holdUp(relay, server: own)
                    try crowd(relay)
                    try suspend(relay) { try expectUnderstood(relay) }
                    try expectEverything(in: try relay.scrape())
                    try expectUnderstood(relay)
                }
            }
        }
    }

    private func client(_ relay: RunningRelay, _ route: String) throws -> Wire {
        try Wire(to: try #require(relay.addresses[route]))
    }

    /// Sessions that end of themselves, by a reset from either side, and by each timeout.
    private func endInEveryWay(_ relay: RunningRelay, server: Ear) throws {
        let polite = try client(relay, "echo")
        try polite.send("hello\n")
        #expect(try polite.receiveText(exactly: 6) == "hello\n")
        polite.close()
        for end: (Wire, Wire) throws -> Void in [
            { client, _ in client.reset() }, { _, server in server.reset() }, { _, server in server.close() },
            { client, server in
                client.shutdownWrite()
                _ = try server.receiveToEnd()
            }, { _, _ in },
        ] {
            let client = try client(relay, "own")
            let server = try server.accept()
            // No number of octets is so long: the framing gives up and hears chunks.
            try client.send("99999999999999999999999999 ")
            _ = try server.receive(exactly: 27)
            let before = try relay.scrape().sum("overhear_sessions_closed_total")
            try end(client, server)
            if !server.isClosedByPeer { _ = try? client.receiveSome() }
            client.close()
            try eventually("the session is closed") {
                try relay.scrape().sum("overhear_sessions_closed_total") > before
            }
        }
    }

    private func meetNobody(_ relay: RunningRelay) throws {
        for route in ["gone", "unknown"] { #expect(try client(relay, route).receiveToEnd().ending == .reset) }
        // The first may still find room in the queue.
        let waiting = try (1...3).map { _ in try client(relay, "full") }
        #expect(try waiting[2].receiveToEnd().ending == .reset)
    }

    /// A server that takes nothing: its client is not read any more.
    private func holdUp(_ relay: RunningRelay, server: Ear) throws {
        let client = try client(relay, "own")
        let server = try server.accept()
        let piece = [UInt8](repeating: 120, count: 65536)
        try eventually("reading pauses, and the pause is seen") {
            _ = client.sendSome(piece[...])
            let scrape = try relay.scrape()
            return scrape.sum("overhear_reading_pauses_total") > 0 && scrape.sum("overhear_fifo_bytes_max") > 0
        }
        server.reset()
        client.close()
    }

    /// More than may be there at once.
    private func crowd(_ relay: RunningRelay) throws {
        let clients = try (1...8).map { _ in try client(relay, "echo") }
        try eventually("accepting pauses") { try relay.scrape().sum("overhear_accept_pauses_total") > 0 }
        for client in clients { client.close() }
        try eventually("they are gone") { try relay.scrape().sum("overhear_sessions_active") == 0 }
    }

    private func suspend(_ relay: RunningRelay, _ body: () throws -> Void) throws {
        let holder = try Holder(relay)
        let voice = try client(relay, "echo")
        func speak() throws {
            try voice.send("missed\n")
            _ = try voice.receive(exactly: 7)
        }
        try eventually("recording is suspended") {
            try speak()
            return try relay.get("/-/ready").text.contains("suspended")
        }
        try eventually("messages are missed") {
            try speak()
            return try relay.scrape().sum("overhear_recorder_unrecorded_messages_total") > 0
        }
        try body()
        try holder.letGo()
        try eventually("recording goes on, and the gap is recorded") {
            try relay.scrape().sum("overhear_recorder_rows_total", having: "gaps") > 0
        }
    }

    private func expectEverything(in scrape: Scrape) throws {
        for reason in [
            "clientClosed", "upstreamClosed", "clientReset", "upstreamReset", "connectRefused", "connectTimeout",
            "resolveFailed", "idleTimeout", "halfClosedTimeout",
        ] {
            #expect(scrape.sum("overhear_sessions_closed_total", having: #"reason="\#(reason)""#) > 0, "\(reason)")
        }
        for reason in ["connectRefused", "connectTimeout", "resolveFailed"] {
            #expect(scrape.sum("overhear_connect_errors_total", having: #"reason="\#(reason)""#) > 0, "\(reason)")
        }
        for family in [
            "overhear_framings_lost_total", "overhear_reading_pauses_total", "overhear_reading_paused_seconds_total",
            "overhear_accept_pauses_total", "overhear_recorder_unrecorded_bytes_total",
            "overhear_fifo_high_water_bytes", "overhear_turnaround_seconds_count",
            "overhear_connect_duration_seconds_count",
            "overhear_session_duration_seconds_sum", "overhear_recorder_commit_duration_seconds_count",
        ] {
            #expect(scrape.sum(family) > 0, "\(family)")
        }
    }

    // MARK: - The readers

    /// Both formats say the same, and nobody finds a fault with either.
    private func expectUnderstood(_ relay: RunningRelay) throws {
        let wire = try Wire(to: relay.metricsAddress)
        try wire.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        let plain = try wire.receiveAnswer().text
        try wire.send("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: \(Self.openMetrics)\r\n\r\n")
        let open = try wire.receiveAnswer()
        #expect(open.fields["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
        let script = """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families as plain
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
            texts = json.load(sys.stdin)
            series = []
            for text, parse in zip(texts, (plain, strict)):
                seen = set()
                for family in parse(text):
                    assert family.documentation and family.type not in ("unknown", "untyped"), family
                    for sample in family.samples:
                        key = (sample.name, tuple(sorted(sample.labels.items())))
                        assert key not in seen, key
                        assert sample.value >= 0, (key, sample.value)
                        seen.add(key)
                series.append(seen)
                print(len(seen))
            assert series[0] == series[1], series[0] ^ series[1]
            """
        let texts = String(decoding: try JSONSerialization.data(withJSONObject: [plain, open.text]), as: UTF8.self)
        let outcome = try run(python, ["-c", script], input: texts)
        #expect(outcome.errors.isEmpty)
        let counts = outcome.output.split(separator: "\n")
        #expect(counts.count == 2 && counts[0] == counts[1] && (Int(counts[0]) ?? 0) > 500, "\(counts)")
        if access("/usr/bin/promtool", X_OK) == 0 {
            let lint = try run("promtool", ["check", "metrics"], input: plain)
            #expect(lint.status == 0, "\(lint.output)\(lint.errors)")
        }
    }
}
