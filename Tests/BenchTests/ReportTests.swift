import Testing

@testable import overhear_bench

@Suite struct `The report` {
    /// One round in which overhear has so much of what all others have.
    private func results(ours: Int, others: Int) -> Results {
        var results = Results()
        let section = Programme.sections[0]
        let measurements = section.systems.map { name in
            var outcome = Outcome()
            outcome.seconds = 1
            outcome.messages = name.rawValue.hasPrefix("overhear") ? ours : others
            return Measurement(section.load, name.rawValue, 1, outcome, ProcessorTime(user: 0.1, system: 0.4))
        }
        let made = Results.Section(
            load: section.load,
            at: "",
            highestRate: nil,
            measurements: measurements,
            failures: []
        )
        results.replace(made)
        return results
    }

    @Test func `says of each promise whether it was held`() {
        let lines = Promise.all.map { PromiseLine($0, results(ours: 96, others: 100)) }
        #expect(lines[0].measured == "0.96" && lines[0].verdict == "held")
        #expect(lines[1].measured == "0.96" && lines[1].verdict == "**missed**")
        #expect(lines[1].what == "the same: of the better of HAProxy and nginx")
        #expect(lines.contains { $0.verdict == "not measured" })
    }

    @Test func `replaces what was measured before, and nothing else`() throws {
        let report = PerformanceReport(results: results(ours: 1, others: 1))
        let document = "before\n\(PerformanceReport.beginning)\nyesterday\n\(PerformanceReport.end)\nafter\n"
        let once = try report.replace(in: document)
        #expect(once.hasPrefix("before\n\(PerformanceReport.beginning)\n"))
        #expect(once.hasSuffix("\(PerformanceReport.end)\nafter\n"))
        #expect(!once.contains("yesterday"))
        #expect(once.contains("| overhear-off |"))
        #expect(try report.replace(in: once) == once)
    }

    @Test func `refuses a document without its marks`() {
        #expect(throws: Trouble.self) { try PerformanceReport(results: Results()).replace(in: "nothing") }
    }

    @Test func `is the same from a file that was written and read`() throws {
        let folder = try Folder()
        let written = results(ours: 96, others: 100)
        try written.write(to: folder.file("results.json"))
        let read = try #require(try Results(file: folder.file("results.json")))
        #expect(PerformanceReport(results: read).markdown == PerformanceReport(results: written).markdown)
        #expect(PerformancePlot.svg(read) == PerformancePlot.svg(written))
        #expect(try Results(file: folder.file("nothing.json")) == nil)
    }

    @Test func `finds its marks in the documentation`() throws {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/docs/PERFORMANCE.md"
        let document = try #require(Files.text(path))
        #expect(try PerformanceReport(results: results(ours: 1, others: 1)).replace(in: document) != document)
    }
}

@Suite struct `The programme` {
    @Test func `names loads and systems that there are`() {
        let systems = SystemCatalogue(builds: [.init(name: "", program: "")], folder: "").all.map(\.name)
        #expect(systems == SystemName.allCases.map(\.rawValue))
        for section in Programme.sections { #expect(Load.named(section.load) != nil) }
    }
}
