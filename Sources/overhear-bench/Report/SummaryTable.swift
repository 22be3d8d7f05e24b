/// The summaries of one load as a table on the terminal.
enum SummaryTable {
    static func text(_ load: Load, _ summaries: [Summary]) -> String {
        var heading = ["system", load.figure.rawValue, "least", "most", "× floor", "× haproxy", "(least–most)"]
        heading += ["CPU µs/msg", "user", "kernel", "CPU × haproxy", "user × haproxy", "load's core"]
        let hasLatency = summaries.contains { $0.p50 != nil }
        if hasLatency { heading += ["p50", "p99", "p99.9"] }
        let rows = summaries.map { row($0, hasLatency: hasLatency) }
        return "\(load.name): \(load.meaning)\n" + Text.table(heading, rows)
    }

    private static func row(_ summary: Summary, hasLatency: Bool) -> [String] {
        func ratio(_ value: Double?) -> String { value.map { Text.decimal($0, places: 3) } ?? "–" }
        func time(_ value: Double?) -> String { value.map { Text.decimal($0, places: 2) } ?? "–" }
        let range = summary.overHAProxy.map { "\(ratio($0.least))–\(ratio($0.most))" } ?? "–"
        let total = summary.user.flatMap { user in summary.kernel.map { user + $0 } }
        var row = [
            summary.system, Text.short(summary.figure.median), Text.short(summary.figure.least),
            Text.short(summary.figure.most), ratio(summary.overFloor?.median), ratio(summary.overHAProxy?.median),
            range,
            time(total), time(summary.user), time(summary.kernel), ratio(summary.processorOverHAProxy),
            ratio(summary.userOverHAProxy), "\(Text.decimal(summary.generatorShare * 100)) %",
        ]
        if hasLatency {
            row += [summary.p50, summary.p99, summary.p999].map { $0.map { Text.short($0.median) } ?? "–" }
        }
        return row
    }
}
