import ArgumentParser

/// What every command that measures asks.
struct MeasuringOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many rounds.", valueName: "count"))
    var rounds = 5

    @Option(help: ArgumentHelp("How long each system is measured in a round.", valueName: "seconds"))
    var seconds = 1.0

    @Option(
        help: ArgumentHelp(
            "The overhear to measure (default: beside this program); NAME=FILE measures another besides, as overhear-off@NAME and so on.",
            valueName: "file"
        )
    )
    var overhear: [String] = []

    @Option(
        help: ArgumentHelp("The repository's folder Benchmarks, with the peers written for this.", valueName: "folder")
    )
    var benchmarks = "Benchmarks"

    @Flag(help: "Leave it to the kernel what runs on which core, instead of giving the relay its own.")
    var anyCore = false

    func validate() throws {
        guard rounds >= 1, seconds > 0 else { throw ValidationError("give at least one round, and some time") }
    }

    /// Puts the load, which is this process, in its place.
    ///
    /// - Returns: the places of all parts.
    func takeCores() throws -> Cores {
        let cores = anyCore ? Cores.any : Cores.ofThisMachine
        try cores.keepLoad()
        return cores
    }

    /// Puts one load on several systems, and prints what came of it.
    func compare(
        _ systems: [System],
        under load: Load,
        times: Int = 1,
        _ cores: Cores,
        _ rate: HighestRate,
        over references: [String] = ComparisonTable.usualReferences
    ) throws -> Comparison {
        if case .openLoop = load.shape { ClosedConnections.waitUntilForgotten(part: min(1, seconds)) }
        var comparison = Comparison(
            load,
            systems,
            rounds: rounds * times,
            seconds: seconds,
            cores: cores,
            highestRate: rate
        )
        try comparison.run()
        let set = MeasurementSet(of: load.name, from: comparison.measurements)
        Terminal.print("\n" + ComparisonTable(load: load, measurements: set, references: references).text)
        for failure in comparison.failures {
            Terminal.print("FAILED: \(failure.system) in round \(failure.round): \(failure.reason)")
        }
        return comparison
    }

    var catalogue: SystemCatalogue {
        var builds = overhear.map { text in
            guard let equals = text.firstIndex(of: "=") else { return SystemCatalogue.Build(name: "", program: text) }
            let program = String(text[text.index(after: equals)...])
            return SystemCatalogue.Build(name: String(text[..<equals]), program: program)
        }
        if !builds.contains(where: \.name.isEmpty) {
            let folder = SystemCatalogue.ownProgram.split(separator: "/").dropLast().joined(separator: "/")
            builds.insert(SystemCatalogue.Build(name: "", program: "/\(folder)/overhear"), at: 0)
        }
        return SystemCatalogue(builds: builds, folder: benchmarks)
    }
}
