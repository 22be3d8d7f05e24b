import Traffic

/// The one who writes: made, run and ended inside one function of one thread, with the connection in its hands.
///
/// Takes what waits, commits it, and keeps what could not be committed until it can. Ids are given here, in the order
/// of commits.
struct Writer: ~Copyable {
    private let commons: RecorderCommons
    private let file: CaptureFile
    private let watch: FileWatch
    private let limits: SizeLimits
    private let run: RunRow
    private let begin: Statement
    private let commit: Statement
    private var rows: RowWriter
    private var position: RowWriter.Position
    private var checkpointer: Checkpointer
    private let room: RoomWatch
    private var pruner: Pruner
    private let pace: Pace
    /// Monotonic nanoseconds before which nothing is pruned, for it just failed.
    private var prunesFrom: Int64 = 0
    /// Monotonic nanoseconds.
    private var nextLook: Int64 = 0

    /// One more than the largest in the file.
    let firstSessionID: Int64

    /// Between two tries while suspended.
    private static let probeNanoseconds: Int64 = 250_000_000
    private static let idleNanoseconds: Int64 = 1_000_000_000
    /// After a commit is pruned for so long, which is more than the commit has added; longer where the file would grow.
    private static let pruneNanoseconds: Int64 = 10_000_000
    private static let pressingPruneNanoseconds: Int64 = 50_000_000
    /// Between two looks at the files' names.
    private static let lookNanoseconds: Int64 = 500_000_000
    /// Milliseconds that one try waits for somebody else's lock.
    static let lockWait: Int32 = 100
    /// Episodes whose gap may still grow: far more than ever live at once.
    private static let gapLimit = 4096

    /// Opens or makes the file, sets right what an earlier run left, and writes this run's row.
    static func start(_ commons: RecorderCommons) throws(CaptureError) -> Writer {
        let file = try CaptureFile.open(commons.configuration)
        let beginning: Beginning
        do throws(SQLiteError) {
            beginning = try Beginning(file.database, commons.configuration, commons.handOff)
        } catch {
            throw CaptureFile.translated(error, commons.configuration.databasePath)
        }
        return Writer(commons, file, beginning)
    }

    private init(_ commons: RecorderCommons, _ file: consuming CaptureFile, _ beginning: Beginning) {
        let schema = Migrations.newestVersion
        commons.notify(.opened(schemaVersion: schema, migrationsApplied: file.migrationsApplied, run: beginning.run.id))
        for found in beginning.unclean {
            commons.notify(.uncleanRunFound(run: found.run, sessionsClosed: found.sessionsClosed))
        }
        file.database.waitForLocks(milliseconds: Self.lockWait)
        limits = SizeLimits(commons.configuration.retention)
        let stepPages = Int32(clamping: limits.logStep / beginning.pageByteCount)
        checkpointer = Checkpointer(file.database, stepPages: stepPages, commons.gauges)
        pruner = beginning.pruner
        pace = beginning.pace
        room = beginning.room
        watch = FileWatch(CapturePaths(database: commons.configuration.databasePath))
        run = beginning.run
        rows = beginning.rows
        begin = beginning.begin
        commit = beginning.commit
        firstSessionID = beginning.firstSessionID
        position = RowWriter.Position(nextMessageID: beginning.nextMessageID)
        self.commons = commons
        self.file = file
    }

    /// What is read from the file and prepared before the work.
    private struct Beginning {
        let unclean: [Recovery.UncleanRun]
        let run: RunRow
        let rows: RowWriter
        let pruner: Pruner
        let pace: Pace
        let room: RoomWatch
        let pageByteCount: Int64
        let begin: Statement
        let commit: Statement
        let firstSessionID: Int64
        let nextMessageID: Int64

        init(
            _ database: borrowing Database,
            _ configuration: CaptureConfiguration,
            _ handOff: HandOff
        ) throws(SQLiteError) {
            unclean = try Recovery.run(on: database, at: Clock.now)
            run = try RunRow(configuration.run, on: database, at: Clock.now)
            pace = Pace(isBehind: { handOff.isBacklogged })
            rows = try RowWriter(database, run: run.id, routes: configuration.routes, pace)
            pruner = try Pruner(database, configuration.retention, pace)
            room = try RoomWatch(database, configuration)
            pageByteCount = pruner.latestSpace.pageByteCount
            begin = try database.prepare("BEGIN IMMEDIATE", doing: "beginning a transaction")
            commit = try database.prepare("COMMIT", doing: "committing")
            // Goes on after the largest ids that were ever given, even if the messages are gone.
            let doing = "looking for the last ids"
            let session = try database.integer("SELECT max(id) FROM sessions", doing: doing) ?? 0
            var message = try database.integer("SELECT max(id) FROM messages", doing: doing)
            if message == nil {
                message = try database.integer("SELECT max(last_message_id) FROM sessions", doing: doing)
            }
            firstSessionID = session + 1
            nextMessageID = (message ?? 0) + 1
        }
    }

    /// Works until the hand-off is closed and empty. True if everything that was handed over is in the file, and the run
    /// has its end.
    mutating func work() -> Bool {
        defer { if watch.complaint != nil { begin.keepsConnection() } }
        PacedWrites.begin(pace)
        defer { PacedWrites.end() }
        var hasMoreToPrune = true
        while true {
            let deadline = Clock.monotonic + (hasMoreToPrune ? 0 : Self.idleNanoseconds)
            switch commons.handOff.take(atMost: Int(limits.transaction), until: deadline) {
            case .batches(var batches):
                guard record(batches) else { return false }
                if commons.handOff.retire(&batches, at: Clock.monotonic) { commons.wakeLoops() }
                report(checkpointer.afterCommit(file.database))
                hasMoreToPrune = prune(isIdle: false)
            case .quiet:
                // Not hung, and nothing in hand: what a loop took for a stall is over.
                commons.resume(at: Clock.monotonic)
                hasMoreToPrune = prune(isIdle: true)
                if hasMoreToPrune {
                    report(checkpointer.afterCommit(file.database))
                } else {
                    report(checkpointer.whenIdle(file.database))
                    file.database.releaseMemory()
                }
            case .closed:
                return finish()
            }
        }
    }

    // MARK: - One commit, or many tries at it

    private enum Failure {
        case busy(String)
        case failing(GapReason, String)
        case refused(String)
    }

    /// False if there was no time left to get them committed.
    private mutating func record(_ batches: [Batch]) -> Bool {
        let start = Clock.monotonic
        while let failure = attempt(batches, countingMessages: false) {
            switch failure {
            case .busy(let detail):
                let now = Clock.monotonic
                if now - start >= commons.configuration.stallLimit.wholeNanoseconds {
                    commons.suspend(.stalled, detail: detail, at: now)
                }
                guard commons.handOff.pause(until: now + Self.probeNanoseconds / 25) else { return false }
            case .failing(let reason, let detail):
                let now = Clock.monotonic
                commons.suspend(reason, detail: detail, at: now)
                guard commons.handOff.pause(until: now + Self.probeNanoseconds) else { return false }
            case .refused(let detail):
                commons.notify(.rowsRefused(detail: detail))
                return recordWithoutRefused(batches)
            }
        }
        return true
    }

    /// Finds the batch whose rows SQLite does not take, and records of that one everything but its messages, which it
    /// counts. What is refused even so is given up.
    private mutating func recordWithoutRefused(_ batches: [Batch]) -> Bool {
        guard batches.count == 1 else {
            for batch in batches where !record([batch]) { return false }
            return true
        }
        count(refused: batches[0])
        while let failure = attempt(batches, countingMessages: true) {
            if case .refused = failure { return true }
            guard commons.handOff.pause(until: Clock.monotonic + Self.probeNanoseconds) else { return false }
        }
        return true
    }

    private func count(refused batch: Batch) {
        guard let loss = Loss(refusing: [batch]) else { return }
        commons.gauges.refused.add(messages: loss.messages, bytes: loss.bytes)
    }

    /// One transaction. Nil if it was committed, and then recording goes on.
    private mutating func attempt(_ batches: [Batch], countingMessages: Bool) -> Failure? {
        let start = Clock.monotonic
        if start >= nextLook {
            if let complaint = watch.complaint { return .failing(.fileReplaced, complaint) }
            nextLook = start + Self.lookNanoseconds
        }
        if let failure = lackOfRoom(for: batches) { return failure }
        commons.configuration.beforeTransaction?(file.database)
        if position.gaps.count > Self.gapLimit { position.gaps.removeAll() }
        var next = position
        do throws(SQLiteError) {
            try begin.run()
            try rows.write(batches, countingMessages: countingMessages, to: file.database, &next)
            try commit.run()
        } catch {
            if file.database.isInTransaction { try? file.database.execute("ROLLBACK", doing: "rolling back") }
            return Self.failure(error)
        }
        committed(batches, next, since: start)
        return nil
    }

    /// Why there is no room for these. Before it says so it empties the log, which may be all that is in the way, and
    /// where no reader keeps it from that it deletes what is old.
    private mutating func lackOfRoom(for batches: [Batch]) -> Failure? {
        let byteCount = batches.reduce(0) { $0 + $1.logByteCount }
        let isResuming = !commons.state.isRecording
        guard room.objection(to: byteCount, checkpointer.latestLog, isResuming: isResuming) != nil else { return nil }
        report(checkpointer.empty(file.database))
        var hasMore = false
        if checkpointer.isComplete { hasMore = prune(isIdle: false) }
        let objection = room.objection(to: byteCount, checkpointer.latestLog, isResuming: isResuming)
        guard let objection else { return nil }
        // What is to stay free on the disk is there for this: an orderly end, with the gap's numbers.
        if objection.reason == .lowSpace, commons.handOff.isClosing { return nil }
        let isBusy = hasMore && objection.reason == .walLimit
        return isBusy ? .busy(objection.detail) : .failing(objection.reason, objection.detail)
    }

    private static func failure(_ error: SQLiteError) -> Failure {
        switch error.verdict {
        case .busy: .busy(error.description)
        case .suspend(let reason): .failing(reason, error.description)
        case .refused: .refused(error.description)
        }
    }

    private mutating func committed(_ batches: [Batch], _ next: RowWriter.Position, since start: Int64) {
        let now = Clock.monotonic
        let gauges = commons.gauges
        gauges.commitDurations.observe(now - start)
        gauges.lastCommit.set(Clock.now.nanosecondsSince1970)
        gauges.messages.add(next.nextMessageID - position.nextMessageID)
        gauges.sessions.add(Int64(batches.reduce(0) { $0 + $1.openings.count }))
        gauges.channelSamples.add(Int64(batches.reduce(0) { $0 + $1.samples.count }))
        gauges.gaps.add(Int64(next.gaps.count - position.gaps.count))
        position = next
        // Before recording goes on: a loop that looks then must not take the wait that is over for another stall.
        commons.handOff.answered(at: now)
        commons.resume(at: now)
        for episode in Set(batches.flatMap(\.losses).map(\.episode)) {
            if let known = position.gaps[episode] { commons.notify(.gapRecorded(known.loss.gap)) }
        }
    }

    private func report(_ error: SQLiteError?) {
        if let error { commons.notify(.checkpointFailed(detail: error.description)) }
    }

    // MARK: - What is old

    /// Deletes for a moment. True if there may be more.
    private mutating func prune(isIdle: Bool) -> Bool {
        let start = Clock.monotonic
        guard start >= prunesFrom else { return false }
        do throws(SQLiteError) {
            var hasMore: Bool
            repeat {
                hasMore = try pruneSome(isIdle: isIdle)
                pace.breathe()
                // A piece may touch many pages, as those of a session's samples are its own.
                report(checkpointer.afterCommit(file.database))
                let limit = pruner.isPressing ? Self.pressingPruneNanoseconds : Self.pruneNanoseconds
                guard Clock.monotonic - start < limit else { break }
            } while hasMore
            prunesFrom = 0
            commons.gauges.oldestMessage.set(try pruner.oldestMessageTime() ?? 0)
            return hasMore
        } catch {
            // Somebody else's lock is no news, and a failure that goes on is told once.
            if prunesFrom == 0, error.verdict != .busy {
                commons.notify(.pruningFailed(detail: error.description))
            }
            prunesFrom = start + Self.idleNanoseconds
            return false
        }
    }

    private mutating func pruneSome(isIdle: Bool) throws(SQLiteError) -> Bool {
        let pruned = try pruner.pruneSome(
            of: file.database,
            at: Clock.now,
            isIdle: isIdle,
            returnsPages: checkpointer.isComplete
        )
        commons.gauges.freeBytes.set(pruner.latestSpace.freeByteCount)
        guard let pruned else { return false }
        commons.gauges.pruned.add(pruned)
        if pruned.gaps > 0 { position.forgetGaps(before: pruned.horizon) }
        return true
    }

    // MARK: - The end

    private mutating func finish() -> Bool {
        // What would be written now nobody could find.
        guard watch.complaint == nil else { return false }
        var isEnded = false
        repeat {
            do throws(SQLiteError) {
                try run.finish(at: Clock.now)
                isEnded = true
            } catch {
                let retry = Clock.monotonic + Self.probeNanoseconds / 10
                guard commons.handOff.pause(until: retry) else { return false }
            }
        } while !isEnded
        checkpointer.finish(file.database)
        return true
    }
}
