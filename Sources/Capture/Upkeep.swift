import Traffic

/// What changes a capture besides recording: done under the writer's lock, so never beside a relay, and in transactions, small
/// ones but for a migration's, so that an end in the middle of it harms nothing.
package struct Upkeep: Equatable, Sendable {
    /// The database file and its write-ahead log.
    package private(set) var bytesBefore: Int64 = 0
    package private(set) var bytesAfter: Int64 = 0
    /// Names of the migrations that were applied.
    package private(set) var migrations: [String] = []
    package private(set) var messages: Int64 = 0
    package private(set) var sessions: Int64 = 0
    package private(set) var samples: Int64 = 0
    package private(set) var gaps: Int64 = 0
    /// A reader holds the log, so what was done is in there, and the file has its size until it lets go.
    package private(set) var isHeldByReader = false

    /// Brings the schema to the newest version.
    package static func migrate(_ path: String) throws(CaptureError) -> Upkeep {
        try run(path, Retention()) { (_, _) throws(SQLiteError) in true }
    }

    /// Gives all free pages back to the filesystem.
    package static func shrink(_ path: String, _ progress: Progress) throws(CaptureError) -> Upkeep {
        try run(path, Retention()) { (work, _) throws(SQLiteError) in
            let total = try work.space.read().freePageCount
            var left = total
            while left > 0 {
                try work.database.execute("PRAGMA incremental_vacuum(256)", doing: "giving free pages back")
                try work.keepLogShort()
                let now = try work.space.read().freePageCount
                // A file that was not made by us may not be able to.
                guard now < left else { return true }
                left = now
                guard progress(total - left, total) else { return false }
            }
            return true
        }
    }

    /// Deletes what is not to be kept, the oldest first, exactly as a relay with these limits does.
    package static func prune(
        _ path: String,
        _ retention: Retention,
        _ progress: Progress
    ) throws(CaptureError) -> Upkeep {
        try run(path, retention) { (work, upkeep) throws(SQLiteError) in
            var pruner = try Pruner(work.database, retention, Pace(isBehind: { false }))
            while let pruned = try pruner.pruneSome(of: work.database, at: Clock.now, isIdle: true) {
                upkeep.messages += pruned.messages
                upkeep.sessions += pruned.sessions
                upkeep.samples += pruned.samples
                upkeep.gaps += pruned.gaps
                try work.keepLogShort()
                guard progress(upkeep.messages + upkeep.samples, 0) else { return false }
            }
            return true
        }
    }

    // MARK: - How

    /// The file in our hands.
    private struct Work: ~Copyable {
        let file: CaptureFile
        let paths: CapturePaths
        let space: SpaceReader

        private static let logByteCount: Int64 = 16 << 20

        init(_ file: consuming CaptureFile, _ paths: CapturePaths) throws(SQLiteError) {
            space = try SpaceReader(file.database)
            self.file = file
            self.paths = paths
        }

        var database: Database {
            _read { yield file.database }
        }

        /// Moves the log into the file when it is long.
        func keepLogShort() throws(SQLiteError) {
            guard CapturePaths.look(at: paths.log)?.byteCount ?? 0 > Self.logByteCount else { return }
            _ = try file.database.checkpoint(truncating: false)
        }
    }

    /// - Parameter step: what is to be done; false if it was cancelled.
    private static func run(
        _ path: String,
        _ retention: Retention,
        _ step: (borrowing Work, inout Upkeep) throws(SQLiteError) -> Bool
    ) throws(CaptureError) -> Upkeep {
        let paths = CapturePaths(database: path)
        guard let sight = CapturePaths.look(at: paths.database) else {
            throw CaptureError(.missing, "there is no \(path): name what a relay records into with --database")
        }
        guard sight.byteCount > 0 else {
            throw CaptureError(.missing, "\(path) is empty: nothing was recorded into it yet")
        }
        var upkeep = Upkeep()
        upkeep.bytesBefore = byteCount(paths)
        guard try perform(path, retention, paths, &upkeep, step) else {
            throw CaptureError(.cancelled, "it was cancelled")
        }
        upkeep.bytesAfter = byteCount(paths)
        return upkeep
    }

    /// Opened and closed in here.
    private static func perform(
        _ path: String,
        _ retention: Retention,
        _ paths: CapturePaths,
        _ upkeep: inout Upkeep,
        _ step: (borrowing Work, inout Upkeep) throws(SQLiteError) -> Bool
    ) throws(CaptureError) -> Bool {
        let run = RunDescription(version: "", processID: 0, host: "", configuration: "")
        var configuration = CaptureConfiguration(databasePath: path, routes: [], run: run)
        configuration.retention = retention
        let file = try CaptureFile.open(configuration)
        upkeep.migrations = file.migrationsApplied
        do throws(SQLiteError) {
            let work = try Work(file, paths)
            let isDone = try step(work, &upkeep)
            work.file.database.waitForLocks(milliseconds: 1000)
            upkeep.isHeldByReader = !(try work.file.database.checkpoint(truncating: true).isComplete)
            return isDone
        } catch {
            throw CaptureFile.translated(error, paths.database)
        }
    }

    private static func byteCount(_ paths: CapturePaths) -> Int64 {
        [paths.database, paths.log].reduce(0) { $0 + (CapturePaths.look(at: $1)?.byteCount ?? 0) }
    }
}
