import ArgumentParser

/// `overhear-bench compare`: systems side by side.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Put the same loads on several systems, by turns, and print medians, spreads and ratios."
    )

    @Option(help: ArgumentHelp("Which systems, in this order.", valueName: "names"))
    var systems = "direct,floor,haproxy,nginx,overhear-off,overhear-full"

    @Option(help: ArgumentHelp("Under which loads.", valueName: "names"))
    var loads = "pingpong-64"

    @Option(help: ArgumentHelp("How many rounds.", valueName: "count"))
    var rounds = 5

    @Option(help: ArgumentHelp("How long each system is measured in a round.", valueName: "seconds"))
    var seconds = 1.0

    @Option(
        help: ArgumentHelp(
            "A build of overhear to measure; NAME=FILE measures it besides, as overhear-off@NAME and so on.",
            valueName: "file"
        )
    )
    var overhear: [String] = []

    func validate() throws {
        guard rounds >= 1, seconds > 0 else { throw ValidationError("give at least one round, and some time") }
    }

    func run() throws {
        let catalogue = SystemCatalogue(overhears: builds())
        let chosen = try pick(systems, from: catalogue.all, \.name, called: "system")
        let loads = try pick(loads, from: Load.catalogue, \.name, called: "load")
        let there = chosen.filter { $0.missing == nil }
        for system in chosen {
            if let missing = system.missing { Terminal.print("skipped: \(system.name) (\(missing) is not here)") }
        }
        var comparison = Comparison(systems: there, loads: loads, rounds: rounds, seconds: seconds)
        comparison.progress = { measurement in
            Terminal.progress("\(measurement.load), round \(measurement.round): \(measurement.system)")
        }
        let measurements = try comparison.run()
        Terminal.progress("")
        for load in loads {
            Terminal.print("\n" + SummaryTable.text(load, Summary.all(of: load, from: measurements)))
        }
        Terminal.print("\nlost: 0 bytes in \(measurements.count) measurements; every record held what was sent")
    }

    private func builds() -> [(name: String, program: String)] {
        var builds: [(name: String, program: String)] = overhear.map { text in
            guard let equals = text.firstIndex(of: "=") else { return ("", text) }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
        if !builds.contains(where: { $0.name.isEmpty }) {
            let folder = SystemCatalogue.ownProgram.split(separator: "/").dropLast().joined(separator: "/")
            builds.insert(("", "/\(folder)/overhear"), at: 0)
        }
        return builds
    }

    private func pick<Item>(_ names: String, from all: [Item], _ name: (Item) -> String, called noun: String) throws
        -> [Item]
    {
        if names == "all" { return all }
        return try names.split(separator: ",").map { wanted in
            guard let item = all.first(where: { name($0) == wanted }) else {
                throw ValidationError(
                    "there is no \(noun) '\(wanted)'; there are \(all.map(name).joined(separator: ", "))"
                )
            }
            return item
        }
    }
}
