import ArgumentParser

/// `overhear-bench report`: what was measured, for people.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print what became of the promises, and write the figures into the documentation."
    )

    @Option(help: ArgumentHelp("The file that measure wrote.", valueName: "file"))
    var results = "Benchmarks/results/results.json"

    @Option(help: ArgumentHelp("The document whose measured part to write; none: only print.", valueName: "file"))
    var documentation: String?

    @Option(help: ArgumentHelp("The picture to draw; none: draw none.", valueName: "file"))
    var plot: String?

    func run() throws {
        guard let results = try Results(file: results) else { throw ValidationError("there is no \(results)") }
        let rows = Promise.all.map { promise in
            let line = PromiseLine(promise, results)
            return [line.what, line.bound, line.measured, line.spread, line.verdict].map { $0.filter { $0 != "*" } }
        }
        Terminal.print(Text.table(["what", "bound", "median", "least–most", ""], rows))
        if let documentation {
            guard let document = Files.text(documentation) else {
                throw ValidationError("there is no \(documentation)")
            }
            try Files.write(try PerformanceReport(results: results).replace(in: document), to: documentation)
        }
        if let plot { try Files.write(PerformancePlot.svg(results), to: plot) }
    }
}
