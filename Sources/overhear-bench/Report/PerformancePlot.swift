/// The picture in docs/PERFORMANCE.md: the loads that say most, one panel each.
enum PerformancePlot {
    private static let loads = ["pingpong-64", "pipelined", "large", "connect"]

    static func svg(_ results: Results) -> String {
        var panels = loads.compactMap { name -> Plot.Panel? in
            guard let load = Load.named(name), let section = results.section(name) else { return nil }
            return panel("\(load.meaning): \(load.figure.rawValue)", section.set) { $0.value(of: load.figure) }
        }
        if let section = results.section("steady"), let load = Load.named("steady") {
            panels.append(panel("\(load.meaning): p99 in µs (less is better)", section.set, \.p99))
        }
        return Plot(panels: panels).svg
    }

    private static func panel(
        _ title: String,
        _ set: MeasurementSet,
        _ value: (Measurement) -> Double?
    ) -> Plot.Panel {
        let bars = set.systems.filter { $0 != "direct" }.compactMap { system in
            set.spread(system, value).map { Plot.Bar(name: system, spread: $0, label: Text.short($0.median)) }
        }
        return Plot.Panel(title: title, bars: bars)
    }
}
