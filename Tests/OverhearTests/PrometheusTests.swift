import Foundation
import Metrics
import Testing

/// Prometheus itself, scraping a relay under load.
extension `Heavier programs behind the relay` {
    @Test func `a real Prometheus counts what was sent, and finds data for every panel, rule and alert`() throws {
        try withRedis { redis in
            try Ear.withNobody { nobody in
                let routes = [
                    "name=cache,listen=127.0.0.1:0,upstream=\(redis),framing=resp",
                    "name=gone,listen=127.0.0.1:0,upstream=\(nobody)",
                ]
                let arguments = ["--metrics", "127.0.0.1:0"] + routes.flatMap { ["--route", $0] }
                try withRelay(arguments: arguments) { relay in
                    let prometheus = try Prometheus(scraping: relay.metricsAddress)
                    let sent = try load(relay, before: redis, watchedBy: prometheus)
                    try expectExactly(sent, in: prometheus)
                    try expectSame(as: relay, in: prometheus)
                    try expectDataForEverything(in: prometheus)
                    try expectRulesInForce(in: prometheus)
                    try expectFamiliesAsDeclared(in: prometheus)
                    try expectExemplarsLeadToRows(of: relay, in: prometheus)
                }
            }
        }
    }

    @Test func `Prometheus takes the configuration and the options that the containers give it`() throws {
        let folder = checkout.appending(path: "dashboards/prometheus").path
        try succeed("promtool", ["check", "config", "\(folder)/prometheus.yml"])
        let services = try #require(try yaml("docker-compose.yml")["services"] as? [String: [String: Any]])
        let options = try #require(services["prometheus"]?["command"] as? [String])
        let help = try run("prometheus", ["--help"])
        let text = help.output + help.errors
        #expect(options.count >= 3)
        for option in options {
            let name = option.prefix { $0 != "=" }
            #expect(text.contains("\(name)="), "\(option)")
        }
    }

    /// What went through the relay, as Redis and the clock saw it.
    private struct Sent {
        var commands = 0.0
        var bytes = 0.0
        /// Seconds since 1970.
        var began = Date().timeIntervalSince1970
        var ended = 0.0
    }

    private static let heard = #"overhear_messages_total{route="cache",direction="upstream"}"#
    private static let received = #"overhear_received_bytes_total{route="cache",direction="upstream"}"#

    /// Lets redis-benchmark speak until Prometheus has looked a few times, and some clients meet nobody.
    private func load(_ relay: RunningRelay, before redis: String, watchedBy prometheus: Prometheus) throws -> Sent {
        let looks = "count_over_time(\(Self.heard)[5m])"
        try eventually("Prometheus has looked twice") { try prometheus.number(looks) ?? 0 >= 2 }
        let before = [try counts(of: redis), try counts(of: redis)]
        let looked = try #require(try prometheus.number(looks))
        var sent = Sent()
        let address = try #require(relay.addresses["cache"])
        let port = String(address[address.index(after: try #require(address.lastIndex(of: ":")))...])
        repeat {
            try succeed(
                "redis-benchmark",
                ["-p", port, "-n", "5000", "-c", "20", "-P", "8", "-t", "set,get", "-d", "100", "-q"]
            )
            _ = try Wire(to: try #require(relay.addresses["gone"])).receiveToEnd()
        } while try prometheus.number(looks) ?? 0 < looked + 5
        sent.ended = Date().timeIntervalSince1970
        // Asking Redis is a command too, and brings as many bytes each time.
        let after = try counts(of: redis)
        sent.commands = after.commands - before[1].commands - (before[1].commands - before[0].commands)
        sent.bytes = after.bytes - before[1].bytes - (before[1].bytes - before[0].bytes)
        #expect(sent.commands >= 10000)
        return sent
    }

    /// What Redis itself says it was asked.
    private func counts(of redis: String) throws -> (commands: Double, bytes: Double) {
        let text = try succeed("redis-cli", ["-s", String(redis.dropFirst("unix:".count)), "INFO", "stats"])
        func field(_ name: String) throws -> Double {
            let line = try #require(text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        return (try field("total_commands_processed"), try field("total_net_input_bytes"))
    }

    /// What Prometheus has stored is what was sent: nothing of it before it began, and all of it, to the byte, in the first
    /// scrape after it ended. A rate goes beyond what it saw by at most one interval on either side.
    private func expectExactly(_ sent: Sent, in prometheus: Prometheus) throws {
        for (series, total) in [(Self.heard, sent.commands), (Self.received, sent.bytes)] {
            try eventually("Prometheus has looked after the end") {
                try prometheus.ask("\(series)[5m]").first?.points.last?.time ?? 0 > sent.ended
            }
            let points = try #require(try prometheus.ask("\(series)[5m]").first?.points)
            #expect(points.first?.value == 0)
            let after = points.filter { $0.time > sent.ended }.map(\.value)
            #expect(Set(after) == [total], "\(series)")
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.value <= $1.value })
            let during = points.filter { $0.time > sent.began && $0.time < sent.ended }
            #expect(during.count >= 3 && during.contains { $0.value > 0 && $0.value < total }, "\(during)")

            let (first, last) = (try #require(points.first).time, try #require(points.last).time)
            let increase = try #require(try prometheus.number("300 * rate(\(series)[5m])", at: last))
            let interval = (last - first) / Double(points.count - 1)
            #expect(increase > total * 0.999 && increase < total * (1 + 2.2 * interval / (last - first)))
        }
    }

    /// Once all is quiet, Prometheus has what the relay says.
    private func expectSame(as relay: RunningRelay, in prometheus: Prometheus) throws {
        try relay.settle()
        let scrape = try relay.scrape()
        let quiet = Date().timeIntervalSince1970
        try eventually("Prometheus has looked at the quiet relay") {
            try prometheus.ask("\(Self.heard)[5m]").first?.points.last?.time ?? 0 > quiet
        }
        for family in [
            "overhear_messages_total", "overhear_received_bytes_total", "overhear_sent_bytes_total",
            "overhear_sessions_total", "overhear_connect_errors_total", "overhear_turnaround_seconds_count",
            "overhear_message_size_bytes_sum",
        ] {
            let stored = try prometheus.number("sum(\(family))")
            #expect(stored == scrape.sum(family) && scrape.sum(family) > 0, "\(family)")
        }
        #expect(scrape.sum("overhear_connect_errors_total", having: #"route="gone",reason="connectRefused""#) > 0)
    }

    // MARK: - Expressions

    /// The panels' as Grafana would send them, with every variable set to all; and what the variables themselves ask.
    private func dashboardExpressions() throws -> Set<String> {
        var expressions: Set<String> = []
        for name in ["overview", "channels", "recorder"] {
            let data = try Data(contentsOf: checkout.appending(path: "dashboards/overhear-\(name).json"))
            let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let panels = root["panels"] as? [[String: Any]] ?? []
            let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
            expressions.formUnion(targets.compactMap { $0["expr"] as? String })
            let annotations = (root["annotations"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
            expressions.formUnion(annotations.compactMap { $0["expr"] as? String }.flatMap(parts))
            let variables = (root["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
            for definition in variables.compactMap({ $0["definition"] as? String }) {
                let asked = try #require(definition.wholeMatch(of: /label_values\((.+), (\w+)\)/))
                expressions.insert("count by (\(asked.2)) (\(asked.1)) and on (\(asked.2)) \(asked.1)")
            }
        }
        let values = [
            "$job": "overhear", "$instance": ".+", "$route": ".+", "$__rate_interval": "1m", "$__range": "1h",
        ]
        return Set(expressions.map { text in values.reduce(text) { $0.replacing($1.key, with: $1.value) } })
    }

    private func rules() throws -> [[String: Any]] {
        let groups = try yaml("dashboards/prometheus/overhear.rules.yml")["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    }

    /// A condition holds only when something is wrong; what it compares must be there always.
    private func parts(of condition: String) -> [String] {
        condition.split(separator: #/ (?:<|>|==|and) /#).map(String.init).filter { Double($0) == nil }
    }

    private func expectDataForEverything(in prometheus: Prometheus) throws {
        let panels = try dashboardExpressions()
        #expect(panels.count > 60)
        let recorded = try rules().filter { $0["record"] != nil }
        let conditions = try rules().filter { $0["alert"] != nil }.compactMap { $0["expr"] as? String }.flatMap(parts)
        let all =
            panels.union(conditions).union(recorded.compactMap { $0["record"] as? String })
            .union(recorded.compactMap { $0["expr"] as? String })
        for expression in all.sorted() {
            try eventually("there is data for \(expression)") {
                try prometheus.ask(expression).contains { !$0.value.isNaN }
            }
        }
    }

    private func expectRulesInForce(in prometheus: Prometheus) throws {
        func known() throws -> [[String: Any]] {
            let groups = (try prometheus.get("rules") as? [String: Any])?["groups"] as? [[String: Any]] ?? []
            return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
        }
        func state(_ alert: String) throws -> String? {
            try known().first { $0["name"] as? String == alert }?["state"] as? String
        }
        #expect(try known().count == rules().count)
        try eventually("every rule is evaluated") { try known().allSatisfy { $0["health"] as? String == "ok" } }
        // Every session of one route found nobody.
        try eventually("who found nobody is noticed") { try state("OverhearUpstreamUnreachable") == "pending" }
        #expect(try state("OverhearDown") == "inactive")
        #expect(try state("OverhearNotRecording") == "inactive")
    }

    // MARK: - Families and exemplars

    private func expectFamiliesAsDeclared(in prometheus: Prometheus) throws {
        let metadata = try #require(try prometheus.get("metadata") as? [String: [[String: String]]])
        for family in Catalogue.all {
            // As OpenMetrics names it, which is what Prometheus asks for: a counter without its ending.
            let name = family.kind == .counter ? String(family.name.dropLast("_total".count)) : family.name
            let known = metadata[name] ?? metadata[String(name.dropLast("_info".count))]
            #expect(known?.first?["help"] == family.help, "\(family.name)")
            #expect(known?.first?["type"] == family.kind.rawValue, "\(family.name)")
        }
    }

    private func expectExemplarsLeadToRows(of relay: RunningRelay, in prometheus: Prometheus) throws {
        let now = Date().timeIntervalSince1970
        let series = try #require(
            try prometheus.get(
                "query_exemplars",
                [
                    "query": #"overhear_turnaround_seconds_bucket{route="cache"}"#, "start": "\(now - 300)",
                    "end": "\(now + 1)",
                ]
            ) as? [[String: Any]]
        )
        let exemplars = series.flatMap { $0["exemplars"] as? [[String: Any]] ?? [] }
        #expect(!exemplars.isEmpty)
        for exemplar in exemplars {
            let labels = try #require(exemplar["labels"] as? [String: String])
            let (session, sequence) = (try #require(labels["session"]), try #require(labels["sequence"]))
            let row = "session_id = \(session) AND direction = 0 AND sequence = \(sequence)"
            #expect(try relay.record.column("SELECT kind FROM messages WHERE \(row)").count == 1, "\(row)")
        }
    }
}
