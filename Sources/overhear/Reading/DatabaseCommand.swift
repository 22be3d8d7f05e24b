import ArgumentParser

/// `overhear db`: what an operator does with a capture besides reading it.
struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Care for a capture: check, measure, copy, migrate, prune, shrink.",
        discussion: """
            check, stats and snapshot only read, also while a relay records. migrate,
            prune and shrink change the file, and refuse with exit status 75 while a
            relay has it. Progress is shown on a terminal.
            """,
        subcommands: [
            DatabaseCheckCommand.self, DatabaseStatsCommand.self, DatabaseSnapshotCommand.self,
            DatabaseMigrateCommand.self, DatabasePruneCommand.self, DatabaseShrinkCommand.self,
        ]
    )

    /// Whether there is such a subcommand.
    static func has(_ name: String?) -> Bool {
        configuration.subcommands.contains { $0.configuration.commandName == name }
    }
}
