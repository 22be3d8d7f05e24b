package import Traffic

/// What the recorder needs to know before it starts.
package struct CaptureConfiguration: Sendable {
    /// The SQLite file. Its writer's lock is the file of this name with `.lock` after it.
    package var databasePath: String
    /// The routes' names, by their position in the configuration.
    package var routes: [String]
    /// How much of each route is recorded, in the same order; all of it where this does not say.
    package var depths: [PerDirection<CaptureDepth>] = []
    /// What this run writes down about itself.
    package var run: RunDescription
    /// Bound for what is heard but not committed yet, over all loops; when blocking, each loop's last read may go beyond it.
    package var bufferByteCount = 64 << 20
    package var whenBehind = WhenBehind.block
    package var durability = Durability.normal
    package var retention = Retention()
    /// What stays free on the disk: recording is suspended before. Nil: 256 MiB or a 20th of the disk, whichever is less.
    package var minFreeByteCount: Int64?
    /// How long the writer may be at work without committing anything before that counts as a failure.
    package var stallLimit = Duration.seconds(2)
    /// How old what was heard may become before it is handed to the writer. The other half of the promise of 50 ms is
    /// for the writer to commit it.
    package var handOverAge = Duration.milliseconds(25)

    /// For tests: runs on the writer's thread and connection before every transaction.
    var beforeTransaction: (@Sendable (borrowing Database) -> Void)?

    /// For tests: a disk that is as full as they like.
    var lookAtFilesystem: (@Sendable () -> Filesystem?)?

    package init(databasePath: String, routes: [String], run: RunDescription) {
        self.databasePath = databasePath
        self.routes = routes
        self.run = run
    }

    /// Above this a loop stops reading (or drops): what is left is for the read that is under way.
    var highMark: Int { bufferByteCount - bufferByteCount / 4 }
    /// At or below this it goes on.
    var lowMark: Int { bufferByteCount / 2 }
}

/// The row of `runs`.
package struct RunDescription: Sendable {
    package var version: String
    package var processID: Int32
    package var host: String
    /// The effective configuration, as JSON.
    package var configuration: String

    package init(version: String, processID: Int32, host: String, configuration: String) {
        self.version = version
        self.processID = processID
        self.host = host
        self.configuration = configuration
    }
}

/// What happens to traffic that comes faster than it can be recorded.
package enum WhenBehind: String, CaseIterable, Sendable {
    /// Nothing more is read until there is room: nothing is lost.
    case block
    /// It passes unrecorded and is counted in a gap: nothing is slowed.
    case drop
}

/// What a commit survives.
package enum Durability: String, CaseIterable, Sendable {
    /// The end of the process. A power cut may take the last commits, never the file.
    case normal
    /// A power cut as well.
    case full
}
