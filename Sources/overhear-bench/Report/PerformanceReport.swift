/// What docs/PERFORMANCE.md tells of the results, between its two marks; the rest of that file is written by hand.
struct PerformanceReport {
    let results: Results

    static let beginning = "<!-- measured: from here on written by make bench -->"
    static let end = "<!-- measured: up to here -->"

    /// A document with its measured part replaced.
    func replace(in document: String) throws -> String {
        guard let from = document.firstRange(of: Self.beginning), let to = document.firstRange(of: Self.end),
            from.upperBound <= to.lowerBound
        else { throw Trouble("the document lacks the marks between which figures stand") }
        return "\(document[..<from.upperBound])\n\n\(markdown)\n\(document[to.lowerBound...])"
    }

    var markdown: String {
        ([machine, promises] + results.sections.map(section) + [memory]).joined(separator: "\n")
    }

    // MARK: - Parts

    private var machine: String {
        let machine = results.machine
        let versions = results.versions.filter {
            !$0.key.contains("256k") && (!$0.key.hasPrefix("overhear") || $0.key == "overhear-off")
        }
        let list = versions.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ")
        let at = results.sections.map(\.at).max() ?? ""
        let skipped =
            results.skipped.isEmpty ? "" : " Not here, and left out: \(results.skipped.joined(separator: ", "))."
        return """
            Measured until \(at) on \(machine.cores) cores of \(machine.processor), \(Text.decimal(Double(machine.memoryMiB))) MiB, \
            \(machine.system), Linux \(machine.kernel). \(list).\(skipped)

            """
    }

    private var promises: String {
        let rows = Promise.all.map { promise in
            let line = PromiseLine(promise, results)
            return [line.what, line.bound, line.measured, line.spread, line.verdict]
        }
        return "## What is promised\n\n"
            + Self.table(["what", "bound", "median", "least–most", ""], rows, leading: [0, 4])
    }

    private func section(_ section: Results.Section) -> String {
        guard let load = Load.named(section.load) else { return "" }
        let set = section.set
        let value: (Measurement) -> Double? = { $0.value(of: load.figure) }
        let hasLatencies = set.systems.contains { set.spread($0, \.p50) != nil }
        var heading = [
            "system", load.figure.rawValue, "least–most", "× floor", "× HAProxy", "CPU µs", "user", "kernel",
        ]
        if hasLatencies { heading += ["p50 µs", "p95 µs", "p99.9 µs"] }
        let rows = set.systems.map { system in
            var row = [system, Self.median(set.spread(system, value)), Self.range(set.spread(system, value))]
            row += ["floor", "haproxy"].map { Self.ratio(set.ratio(system, over: $0, value)?.median) }
            let parts: [(Measurement) -> Double?] = [\.processorSeconds, \.userSeconds, \.systemSeconds]
            row += parts.map { part in
                set.microsecondsPerMessage(system, part).map { Text.decimal($0, places: 2) } ?? "–"
            }
            if hasLatencies {
                row += [\Measurement.p50, \.p95, \.p999].map { part in
                    Self.median(set.spread(system) { $0[keyPath: part] })
                }
            }
            return row
        }
        let rounds = section.measurements.map(\.round).max() ?? 0
        let whose = results.skipped.contains("haproxy") ? "The floor's" : "HAProxy's"
        let rate =
            load.isAtHAProxysRate
            ? section.highestRate.map { " \(whose) highest rate was \(Text.decimal($0)) messages/s." } ?? "" : ""
        let failures = section.failures.map { "\n- **\($0.system) failed** in round \($0.round): \($0.reason)" }
            .joined()
        return """
            ## \(section.load)

            \(load.meaning.prefix(1).uppercased() + load.meaning.dropFirst()). Medians of \(rounds) rounds.\(rate)\(failures)

            \(Self.table(heading, rows, leading: [0]))
            """
    }

    private var memory: String {
        var systems: [String] = []
        for measurement in results.memory where !systems.contains(measurement.system) {
            systems.append(measurement.system)
        }
        guard let sessions = results.memory.first?.sessions else { return "" }
        let rows = systems.map { system in
            let none = Spread(results.memory.filter { $0.system == system }.map { Double($0.bytesWithNone) / 1048576 })
                .median
            let all = SystemName(rawValue: system).flatMap(results.memory)
            return [system, Self.median(all), Self.range(all), Text.decimal(none, places: 1)]
        }
        return """
            ## Memory of idle sessions

            Resident memory with \(Text.decimal(Double(sessions))) sessions less that with none, for each session; both after some idle seconds.

            \(Self.table(["system", "bytes a session", "least–most", "with none, MiB"], rows, leading: [0]))
            """
    }

    // MARK: - Words

    private static func median(_ spread: Spread?) -> String { spread.map { Text.short($0.median) } ?? "–" }

    private static func range(_ spread: Spread?) -> String {
        spread.map { "\(Text.short($0.least))–\(Text.short($0.most))" } ?? "–"
    }

    private static func ratio(_ value: Double?) -> String { value.map { Text.decimal($0, places: 2) } ?? "–" }

    /// - Parameter leading: columns of words rather than numbers.
    private static func table(_ heading: [String], _ rows: [[String]], leading: Set<Int>) -> String {
        let rule = heading.indices.map { leading.contains($0) ? "---" : "---:" }
        return ([heading, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }
}

extension Load {
    var isAtHAProxysRate: Bool {
        if case .openLoop(.ofHAProxy) = shape { true } else { false }
    }
}
