import ArgumentParser
import Glibc

/// Measures overhear beside other relays, under the same loads, in the same minutes.
@main
struct OverhearBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overhear-bench",
        abstract: "Measures overhear beside other relays.",
        subcommands: [CompareCommand.self, EchoCommand.self, SinkCommand.self, FloorCommand.self]
    )
}
