import ArgumentParser
import FoundationEssentials

/// `overhear-bench measure`: the whole programme, or some of its loads, into a file.
struct MeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Measure all that docs/PERFORMANCE.md tells, or some of it again, into a file.",
        discussion: "What the file holds of other loads stays. It is written after each load."
    )

    @OptionGroup var what: MeasuringOptions

    @Option(help: ArgumentHelp("Only these loads; memory stands for that of idle sessions.", valueName: "names"))
    var loads = "all"

    @Option(help: ArgumentHelp("The file.", valueName: "file"))
    var results = "Benchmarks/results/results.json"

    func run() throws {
        let names = Programme.sections.map { ($0.load, $0.load) } + [("memory", "memory")]
        let wanted = try OverhearBench.pick(loads, from: names, called: "load")
        let catalogue = what.catalogue
        var results = try Results(file: results) ?? Results()
        results.machine = Machine()
        let there = OverhearBench.skippingMissing(catalogue.all)
        let loads = OverhearBench.skippingMissing(Load.catalogue)
        results.skipped = (catalogue.all.map(\.name) + Load.catalogue.map(\.name)).filter { name in
            !there.contains { $0.name == name } && !loads.contains { $0.name == name }
        }
        results.versions = versions(of: there.map { ($0.name, $0.version) } + loads.map { ($0.name, $0.version) })
        let cores = try what.takeCores()
        let rate = HighestRate(from: catalogue, seconds: what.seconds, cores: cores)
        for section in Programme.sections where wanted.contains(section.load) {
            guard let load = loads.first(where: { $0.name == section.load }) else { continue }
            results.replace(try measure(load, there.filter(section.has), times: section.times, cores, rate))
            try results.write(to: self.results)
        }
        if wanted.contains("memory") {
            results.memory = try weigh(there)
            try results.write(to: self.results)
        }
        guard results.sections.allSatisfy(\.failures.isEmpty) else { throw ExitCode.failure }
    }

    private func measure(
        _ load: Load,
        _ systems: [System],
        times: Int,
        _ cores: Cores,
        _ rate: HighestRate
    ) throws -> Results.Section {
        let comparison = try what.compare(systems, under: load, times: times, cores, rate)
        return Results.Section(
            load: load.name,
            at: Date.now.formatted(.iso8601),
            highestRate: rate.known,
            measurements: comparison.measurements,
            failures: comparison.failures
        )
    }

    /// Idle sessions differ little from time to time: three rounds say it.
    private func weigh(_ there: [System]) throws -> [IdleMemory.Measurement] {
        let systems = there.filter { system in Programme.memory.contains { $0.rawValue == system.name } }
        return try (1...min(3, what.rounds)).flatMap { round in
            try systems.map { system in
                Terminal.progress("memory, round \(round): \(system.name)")
                return try IdleMemory(system: system, sessions: Programme.idleSessions).run(round: round)
            }
        }
    }

    private func versions(of named: [(name: String, version: String?)]) -> [String: String] {
        named.reduce(into: [:]) { versions, next in
            if let version = next.version { versions[next.name] = version }
        }
    }
}
