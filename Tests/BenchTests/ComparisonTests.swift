import Testing

@testable import overhear_bench

/// The bench itself, against its own floor and the overhear built beside it.
@Suite(.serialized) struct `A short comparison` {
    /// Both programs lie where the tests do.
    private let folder = SystemCatalogue.ownProgram.split(separator: "/").dropLast().map { "/" + $0 }.joined()

    /// Those at a part of HAProxy's rate need HAProxy; and a real server may not be here.
    @Test(arguments: Load.catalogue.filter { !$0.isAtHAProxysRate && $0.missing == nil }.map(\.name))
    func `runs to its end and loses nothing`(load: String) throws {
        let output = try Child.output(
            of: "\(folder)/overhear-bench",
            [
                "compare", "--systems", "direct,floor,overhear-full", "--loads", load, "--rounds", "1",
                "--seconds", "0.05",
            ]
        )
        let lines = output.split(separator: "\n")
        for system in ["direct", "floor", "overhear-full"] {
            let row = try #require(lines.first { $0.split(separator: " ").first == Substring(system) })
            let figure = row.split(separator: " ")[1].filter { $0 != "," }
            // How much comes back in so short a time is the machine's to say.
            #expect(Double(figure) != nil)
        }
        #expect(lines.last == "lost: 0 bytes in 3 measurements; all counters and records held what was sent")
    }

    @Test(arguments: Load.catalogue.filter { $0.figure == .requests && $0.missing == nil }.map(\.name))
    func `counts what a real server's client says it sent`(load: String) throws {
        let output = try Child.output(
            of: "\(folder)/overhear-bench",
            ["compare", "--systems", "overhear-off", "--loads", load, "--rounds", "1", "--seconds", "0.05"]
        )
        let last = output.split(separator: "\n").last
        #expect(last == "lost: 0 bytes in 1 measurements; all counters and records held what was sent")
    }

    @Test(arguments: ["overhear-off-scraped", "overhear-full-held"]) func `loses nothing while somebody else asks`(
        system: String
    ) throws {
        let output = try Child.output(
            of: "\(folder)/overhear-bench",
            ["compare", "--systems", system, "--loads", "gentle", "--rounds", "1", "--seconds", "0.05"]
        )
        let last = output.split(separator: "\n").last
        #expect(last == "lost: 0 bytes in 1 measurements; all counters and records held what was sent")
    }
}
