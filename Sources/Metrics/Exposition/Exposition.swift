/// Renders everything that is counted as one scrape.
///
/// A scrape reads every number once, at one moment, and writes one block of text per family: the blocks together are
/// the answer, so its length is known before its first byte leaves. Memory: one answer, a few KiB per route. Used
/// on the thread that serves scrapes; the numbers may change on others meanwhile.
package final class Exposition {
    private let sections: [TextFormat: [TextFormat.EncodedSection]]
    private let recorder: @Sendable () -> RecorderFigures?
    private var lastRenderNanoseconds: Int64 = 0

    /// `routes` are the routes' names by position; every loop counts all of them. `recorder` answers nil while nothing
    /// is recorded.
    package convenience init(
        routes: [String],
        loops: [LoopMetrics],
        build: BuildInfo,
        recorder: @escaping @Sendable () -> RecorderFigures?
    ) {
        self.init(
            sections: Self.sections(routes: routes, loops: loops, build: build, machine: .current()),
            recorder: recorder
        )
    }

    init(sections: [Section], recorder: @escaping @Sendable () -> RecorderFigures?) {
        self.sections = Dictionary(
            uniqueKeysWithValues: [TextFormat.prometheus, .openMetrics].map { format in
                (format, sections.map(format.encode))
            }
        )
        self.recorder = recorder
    }

    /// One block per family, in the catalogue's order.
    ///
    /// - Parameter names: of the only families wanted, or of samples of theirs; all where it is empty.
    package func render(_ format: TextFormat = .prometheus, only names: Set<String> = []) -> [[UInt8]] {
        let clock = ContinuousClock()
        let start = clock.now
        let moment = Moment(
            recorder: recorder() ?? RecorderFigures(),
            process: .current(),
            lastRenderNanoseconds: lastRenderNanoseconds
        )
        let blocks = render(at: moment, format, only: names)
        lastRenderNanoseconds = Self.nanoseconds(clock.now - start)
        return blocks
    }

    func render(at moment: Moment, _ format: TextFormat = .prometheus, only names: Set<String> = []) -> [[UInt8]] {
        var wanted = sections[format] ?? []
        if !names.isEmpty {
            let families = Catalogue.families(named: names)
            wanted = wanted.filter { families.contains($0.name) }
        }
        return (wanted.map { TextFormat.render($0, at: moment) } + [format.ending]).filter { !$0.isEmpty }
    }

    /// All families, in the catalogue's order.
    static func sections(
        routes: [String],
        loops: [LoopMetrics],
        build: BuildInfo,
        machine: MachineConstants
    ) -> [Section] {
        precondition(loops.allSatisfy { $0.routeCount == routes.count }, "every loop counts every route")
        let traffic = TrafficSections(routes: routes, loops: loops)
        let buildInfo = Section(
            Catalogue.buildInfo,
            [Series([build.version, build.swiftVersion, build.sqliteVersion]) { _ in .number(1) }]
        )
        let scrape = Section(Catalogue.scrapeDuration) { .fraction($0.lastRenderNanoseconds, per: 1_000_000_000) }
        return [buildInfo] + traffic.all + RecorderSections.all + traffic.loopSections + [scrape]
            + ProcessSections.all(machine)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    }
}
