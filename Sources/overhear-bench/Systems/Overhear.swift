/// overhear itself, by how much it records. It logs no sessions, as the others do not.
enum Overhear {
    /// - Parameter name: of a build, where several are measured; empty for the one.
    static func systems(_ program: String, named name: String) -> [System] {
        let suffix = name.isEmpty ? "" : "@\(name)"
        return [
            system(program, "overhear-off" + suffix, "overhear, recording nothing", capture: "off", framing: "lf"),
            system(
                program,
                "overhear-metadata" + suffix,
                "overhear, recording each message's length",
                capture: "metadata",
                framing: "lf",
                stored: 0
            ),
            system(
                program,
                "overhear-head" + suffix,
                "overhear, recording 256 bytes of each message",
                capture: "head:256",
                framing: "lf",
                stored: 256
            ),
            system(
                program,
                "overhear-full" + suffix,
                "overhear, recording every message",
                capture: "full",
                framing: "lf",
                stored: .max
            ),
        ]
    }

    private static func system(
        _ program: String,
        _ name: String,
        _ meaning: String,
        capture: String,
        framing: String,
        stored: Int? = nil
    ) -> System {
        System(
            name: name,
            meaning: meaning,
            program: program,
            needs: stored == nil ? [] : ["/usr/bin/sqlite3"],
            versionArguments: ["--version"],
            record: stored.map { .capture(payloadLimit: $0) },
            hasMetrics: true
        ) { place in
            [
                "run", "--listen", "127.0.0.1:\(place.port)", "--upstream", "127.0.0.1:\(place.upstream)",
                "--framing", framing, "--capture", capture, "--database", place.database, "--retain-bytes", "64GiB",
                "--metrics", "127.0.0.1:\(place.metrics)", "--log-level", "warning",
            ]
        }
    }
}
