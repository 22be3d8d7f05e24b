import Testing

@testable import Metrics

/// The naming rules that Prometheus' own linter checks, and what the design fixes on top.
@Suite struct `The catalogue` {
    @Test(arguments: Catalogue.all) func `explains every family in a sentence`(family: Family) {
        #expect(family.help.count > 10)
        #expect(family.help.hasSuffix("."))
        #expect(!family.help.contains("\n"))
    }

    @Test(arguments: Catalogue.all) func `uses base units only`(family: Family) {
        let others = [
            "milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks", "bits", "kilobytes",
            "megabytes", "gigabytes", "kibibytes", "mebibytes", "percent", "celsius", "meters",
        ]
        #expect(words(family).isDisjoint(with: others))
    }

    @Test(arguments: Catalogue.all) func `ends counters in total, and nothing else`(family: Family) {
        #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
    }

    @Test(arguments: Catalogue.all) func `leaves histogram endings to histograms`(family: Family) {
        for ending in ["_bucket", "_count", "_sum"] { #expect(!family.name.hasSuffix(ending)) }
        #expect(!family.labels.contains { $0.name == "le" || $0.name == "quantile" })
        #expect(family.bounds.isEmpty == (family.kind != .histogram))
    }

    @Test(arguments: Catalogue.all) func `names no type in a name`(family: Family) {
        #expect(words(family).isDisjoint(with: ["counter", "gauge", "histogram", "summary", "untyped"]))
    }

    @Test(arguments: Catalogue.all) func `keeps colons for recording rules`(family: Family) {
        #expect(!family.name.contains(":"))
    }

    @Test(arguments: Catalogue.all) func `writes names and labels in snake case`(family: Family) {
        for name in [family.name] + family.labels.map(\.name) {
            #expect(name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") })
            #expect(name.first?.isLetter == true)
            #expect(!name.contains("__"))
        }
    }

    @Test(arguments: Catalogue.all) func `abbreviates no unit`(family: Family) {
        let short = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"]
        #expect(words(family).isDisjoint(with: short))
    }

    @Test func `declares every family once`() {
        #expect(Set(Catalogue.all.map(\.name)).count == Catalogue.all.count)
    }

    @Test(arguments: Catalogue.all) func `carries the unit in the name`(family: Family) {
        if let unit = family.unit { #expect(words(family).contains(unit.rawValue)) }
    }

    @Test(arguments: Catalogue.all) func `prefixes what is ours`(family: Family) {
        #expect(family.name.hasPrefix("overhear_") || family.name.hasPrefix("process_"))
    }

    @Test(arguments: Catalogue.all) func `labels only from the closed sets`(family: Family) {
        let allowed: Set = [
            "route", "direction", "side", "reason", "state", "table", "file", "version", "swift_version",
            "sqlite_version",
        ]
        #expect(allowed.isSuperset(of: family.labels.map(\.name)))
    }

    @Test func `keeps the names others rely on`() {
        let fixed = [
            "overhear_sessions_active", "overhear_sessions_total", "overhear_sessions_closed_total",
            "overhear_received_bytes_total", "overhear_sent_bytes_total", "overhear_messages_total",
            "overhear_fifo_bytes", "overhear_fifo_bytes_max",
        ]
        #expect(Set(Catalogue.all.map(\.name)).isSuperset(of: fixed))
    }

    @Test func `is what the exposition shows, in the same order`() {
        let shown = Exposition.sections(
            routes: ["a"],
            loops: [LoopMetrics(routeCount: 1)],
            build: BuildInfo(version: "1", swiftVersion: "6", sqliteVersion: "3"),
            machine: .current()
        )
        #expect(shown.map(\.family) == Catalogue.all)
    }

    @Test(arguments: [["a"], ["a", "b", "c"]]) func `has every known combination from the start`(routes: [String]) {
        let shown = Exposition.sections(
            routes: routes,
            loops: [LoopMetrics(routeCount: routes.count)],
            build: BuildInfo(version: "1", swiftVersion: "6", sqliteVersion: "3"),
            machine: .current()
        )
        for section in shown {
            let declared = combinations(section.family.labels, routes: routes)
            if section.family != Catalogue.buildInfo { #expect(section.series.map(\.labelValues) == declared) }
        }
    }

    private func words(_ family: Family) -> Set<String> {
        Set(family.name.split(separator: "_").map(String.init))
    }

    private func combinations(_ labels: [Label], routes: [String]) -> [[String]] {
        labels.reduce([[]]) { tuples, label in
            let values =
                switch label.values {
                case .routes: routes
                case .oneOf(let closed): closed
                case .fixed: [""]
                }
            return tuples.flatMap { tuple in values.map { tuple + [$0] } }
        }
    }
}
