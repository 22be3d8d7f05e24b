import ArgumentParser

/// `overhear-bench compare`: systems side by side.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Put the same loads on several systems, by turns, and print medians, spreads and ratios.",
        discussion: """
            SYSTEMS
            \(OverhearBench.list(SystemCatalogue(builds: [.init(name: "", program: "")], folder: "").all.map { ($0.name, $0.meaning) }))

            LOADS
            \(OverhearBench.list(Load.catalogue.map { ($0.name, $0.meaning) }))
            """
    )

    @OptionGroup var what: MeasuringOptions

    @Option(help: ArgumentHelp("Which systems, in this order.", valueName: "names"))
    var systems = "direct,floor,haproxy,nginx,overhear-off,overhear-full"

    @Option(help: ArgumentHelp("Under which loads.", valueName: "names"))
    var loads = "pingpong-64"

    @Option(help: ArgumentHelp("Print ratios over these systems.", valueName: "names"))
    var over = "floor,haproxy"

    func run() throws {
        let catalogue = what.catalogue
        let chosen = try OverhearBench.pick(systems, from: catalogue.all.map { ($0.name, $0) }, called: "system")
        let named = try OverhearBench.pick(loads, from: Load.catalogue.map { ($0.name, $0) }, called: "load")
        let systems = OverhearBench.skippingMissing(chosen)
        let loads = OverhearBench.skippingMissing(named)
        let cores = try what.takeCores()
        let rate = HighestRate(from: catalogue, seconds: what.seconds, cores: cores)
        var failures: [Comparison.Failure] = []
        var count = 0
        let references = over.split(separator: ",").map(String.init)
        for load in loads {
            let comparison = try what.compare(systems, under: load, cores, rate, over: references)
            failures += comparison.failures
            count += comparison.measurements.count
        }
        guard failures.isEmpty else { throw ExitCode.failure }
        Terminal.print("\nlost: 0 bytes in \(count) measurements; all counters and records held what was sent")
    }
}
