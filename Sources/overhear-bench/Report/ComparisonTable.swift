/// One load's figures as a table on the terminal.
struct ComparisonTable {
    let load: Load
    let measurements: MeasurementSet
    /// Systems to compare the others with.
    var references = usualReferences

    static let usualReferences = ["floor", "haproxy"]

    var text: String {
        let references = references.filter(measurements.has)
        var heading = ["system", load.figure.rawValue, "least", "most"] + references.map { "× \($0)" }
        heading += ["CPU µs", "user", "kernel"] + references.map { "CPU × \($0)" } + references.map { "user × \($0)" }
        heading += ["load's core"]
        if hasLatencies { heading += ["p50 µs", "p95", "p99", "p99.9"] }
        return "\(load.name): \(load.meaning)\n" + Text.table(heading, measurements.systems.map { row($0, references) })
    }

    private var hasLatencies: Bool { measurements.systems.contains { measurements.spread($0, \.p50) != nil } }

    private func row(_ system: String, _ references: [String]) -> [String] {
        let value: (Measurement) -> Double? = { $0.value(of: load.figure) }
        let figure = measurements.spread(system, value)
        var row = [system] + [figure?.median, figure?.least, figure?.most].map { $0.map(Text.short) ?? "–" }
        row += references.map { other in
            guard let ratio = measurements.ratio(system, over: other, value) else { return "–" }
            return "\(Text.ratio(ratio.median)) (\(Text.ratio(ratio.least))–\(Text.ratio(ratio.most)))"
        }
        let parts: [(Measurement) -> Double?] = [\.processorSeconds, \.userSeconds, \.systemSeconds]
        row += parts.map { measurements.microsecondsPerMessage(system, $0).map { Text.decimal($0, places: 2) } ?? "–" }
        row += [\Measurement.processorSeconds, \.userSeconds].flatMap { part in
            references.map {
                measurements.processorRatio(system, over: $0) { $0[keyPath: part] }.map(Text.ratio) ?? "–"
            }
        }
        let share = measurements.spread(system) { $0.generatorSeconds / $0.seconds }?.median ?? 0
        row.append("\(Text.decimal(share * 100)) %")
        if hasLatencies {
            row += [\Measurement.p50, \.p95, \.p99, \.p999].map { part in
                measurements.spread(system) { $0[keyPath: part] }.map { Text.short($0.median) } ?? "–"
            }
        }
        return row
    }
}
