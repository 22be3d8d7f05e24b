/// overhear itself, by how much it records. It logs no sessions, as the others do not.
enum Overhear {
    static func systems(_ build: SystemCatalogue.Build) -> [System] {
        let off = ["--capture", "off"]
        return [
            system(build, "none", "overhear, recording nothing, hearing no messages", off, framing: "none"),
            system(build, "off", "overhear, recording nothing", off, record: .counters),
            system(build, "off-2-loops", "the same with two loops", off + ["--loops", "2"], record: .counters),
            system(build, "off-scraped", "the same, scraped every second", off, record: .counters, isScraped: true),
            system(
                build,
                "metadata",
                "overhear, recording each message's length",
                ["--capture", "metadata"],
                record: .capture(payloadLimit: 0)
            ),
            system(
                build,
                "head",
                "overhear, recording 256 B of each message",
                ["--capture", "head:256"],
                record: .capture(payloadLimit: 256)
            ),
            system(build, "full", "overhear, recording every message", [], record: .capture(payloadLimit: 1 << 20)),
            system(
                build,
                "full-pruning",
                "the same, keeping the newest 64 MiB",
                ["--retain-bytes", "64MiB"],
                record: .prunedCapture
            ),
            system(
                build,
                "full-held",
                "overhear, recording every message, while a reader keeps a transaction open",
                [],
                record: .capture(payloadLimit: 1 << 20),
                isHeld: true
            ),
        ]
    }

    /// - Parameter framing: nil: as the messages are.
    private static func system(
        _ build: SystemCatalogue.Build,
        _ name: String,
        _ meaning: String,
        _ options: [String],
        framing: String? = nil,
        record: Record? = nil,
        isScraped: Bool = false,
        isHeld: Bool = false
    ) -> System {
        System(
            name: "overhear-\(name)" + (build.name.isEmpty ? "" : "@\(build.name)"),
            meaning: meaning,
            program: build.program,
            needs: ["sqlite3"],
            versionArguments: ["--version"],
            record: record,
            isScraped: isScraped,
            isHeld: isHeld
        ) { place in
            [
                "run", "--listen", "127.0.0.1:\(place.port)", "--upstream", "127.0.0.1:\(place.upstream)",
                "--framing", framing ?? place.content.framing, "--database", place.capture,
                "--metrics", "127.0.0.1:\(place.metrics)", "--log-level", "warning",
            ] + (options.contains("--retain-bytes") ? [] : ["--retain-bytes", "64GiB"]) + options
        }
    }
}
