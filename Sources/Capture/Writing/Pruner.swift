import Traffic

/// Deletes what is no longer to be kept, the oldest first, one small transaction at a time: the writer's between its
/// batches, and an offline pruning's in a loop.
///
/// Messages, samples, gaps and sessions grow old together: a *step* moves a horizon in time, before which all of them go.
/// Where the file is too large the horizon moves by a 64th of the time that is kept, and the step rests as soon as the
/// file is small enough; messages go in the order of their ids, so none is deleted that is younger than one that is kept.
struct Pruner {
    /// What one call has done. Nothing at all is possible: the next one may do more.
    struct Pruned: Equatable {
        var messages: Int64 = 0
        var samples: Int64 = 0
        var sessions: Int64 = 0
        var gaps: Int64 = 0
        /// Given back to the filesystem at the next checkpoint.
        var pages: Int64 = 0
        /// Gaps that ended before this time may be gone.
        var horizon: Int64 = 0

        var isEmpty: Bool { messages + samples + sessions + gaps + pages == 0 }
    }

    private enum Phase: Equatable {
        case messages
        case sessions(after: Int64)
        case rest
    }

    private struct Step {
        /// The first message that stays, where their number decides.
        let keptFrom: Int64?
        let horizon: Int64
        /// Rests as soon as the file is small enough.
        var isForSize: Bool
        var phase = Phase.messages
        var hasDeleted = false
    }

    /// As of the latest call.
    private(set) var latestSpace: Space

    /// What is free in the file is less than a transaction may need, and the file is not to grow.
    var isPressing: Bool {
        guard let file = limits.file else { return false }
        return latestSpace.freeByteCount < limits.transaction && latestSpace.byteCount + limits.transaction > file
    }

    private let retention: Retention
    private let limits: SizeLimits
    private let space: SpaceReader
    private let begin: Statement
    private let commit: Statement
    private var messages: MessagePruning
    private let sessions: SessionSweep
    private let deleteGaps: Statement
    private let deleteRuns: Statement
    private var canReturnPages: Bool

    private var step: Step?
    /// Before this time no message is left …
    private var clearedTo: Int64 = 0
    /// … and nothing else.
    private var sweptTo: Int64 = 0
    /// The largest id a message ever had.
    private var newestMessageID: Int64
    /// Nothing was left to delete: not to be tried again before this time.
    private var restsUntil: Int64 = 0

    /// How far the horizon moves at least before sessions are swept again: to look at ten thousand of them takes 30 ms.
    private static let sweepNanoseconds: Int64 = 1_000_000_000
    private static let leastMove: Int64 = 1_000_000
    private static let pagesPerPiece: Int64 = 256

    init(_ database: borrowing Database, _ retention: Retention, _ pace: Pace) throws(SQLiteError) {
        self.retention = retention
        limits = SizeLimits(retention)
        space = try SpaceReader(database)
        latestSpace = try space.read()
        begin = try database.prepare("BEGIN IMMEDIATE", doing: "beginning to delete what is old")
        commit = try database.prepare("COMMIT", doing: "deleting what is old")
        messages = try MessagePruning(database, bytesPerPiece: limits.transaction, pace)
        sessions = try SessionSweep(database)
        deleteGaps = try database.prepare(
            "DELETE FROM gaps WHERE rowid <= (SELECT min(rowid) + 4096 FROM gaps) AND to_ns < ?",
            doing: "deleting old gaps"
        )
        deleteRuns = try database.prepare(
            """
            DELETE FROM runs WHERE ended_at_ns < ?1 AND id < (SELECT max(id) FROM runs)
                AND id < coalesce((SELECT run_id FROM sessions ORDER BY id LIMIT 1), 9223372036854775807)
                AND id < coalesce((SELECT min(run_id) FROM gaps), 9223372036854775807)
            """,
            doing: "deleting old runs"
        )
        let doing = "looking for what is old"
        canReturnPages = try database.integer("PRAGMA auto_vacuum", doing: doing) == 2
        var newest = try messages.extent()?.last
        if newest == nil { newest = try database.integer("SELECT max(last_message_id) FROM sessions", doing: doing) }
        newestMessageID = newest ?? 0
    }

    /// Deletes a piece of what is too much, in one transaction.
    ///
    /// - Parameters:
    ///   - isIdle: nothing waits to be written: limits are kept to the row, and pages that lie idle given back.
    ///   - returnsPages: false while a reader holds the log: it would only grow, and the file not shrink.
    /// - Returns: what was done; nil if there is nothing to do.
    mutating func pruneSome(
        of database: borrowing Database,
        at now: Timestamp,
        isIdle: Bool,
        returnsPages: Bool = true
    ) throws(SQLiteError) -> Pruned? {
        let now = now.nanosecondsSince1970
        // A clock that was set back.
        if max(clearedTo, sweptTo) > now + Self.sweepNanoseconds { (clearedTo, sweptTo) = (0, 0) }
        let space = try space.read()
        latestSpace = space
        let extent = try messages.extent()
        if let extent { newestMessageID = max(newestMessageID, extent.last) }
        let isOver = limits.used.map { space.usedByteCount > $0 } ?? false
        try choose(extent, at: now, isOver: isOver, isIdle: isIdle)
        if let step, isOver || !step.isForSize { return try perform(step, extent, on: database, at: now) }
        return returnsPages ? try returnPages(of: database, space, isIdle: isIdle) : nil
    }

    /// When the oldest message that there is was heard.
    func oldestMessageTime() throws(SQLiteError) -> Int64? {
        guard let extent = try messages.extent() else { return nil }
        return try messages.time(of: extent.first)
    }

    // MARK: - What is to go

    private mutating func choose(
        _ extent: MessagePruning.Extent?,
        at now: Int64,
        isOver: Bool,
        isIdle: Bool
    ) throws(SQLiteError) {
        if let step, step.phase == .sessions(after: 0), !isOver {
            if isIdle {
                self.step?.isForSize = false
            } else if step.horizon - sweptTo < Self.sweepNanoseconds {
                end(step)
            }
        }
        var wanted = try stepForNumber(extent, isIdle: isIdle)
        if wanted == nil { wanted = stepForAge(at: now, isIdle: isIdle) }
        if let wanted, step?.isForSize ?? true {
            step = wanted
        } else if step == nil, isOver, now >= restsUntil {
            step = try stepForSize(extent, at: now)
        } else if step == nil, isIdle, clearedTo > sweptTo {
            step = Step(keptFrom: nil, horizon: clearedTo, isForSize: false, phase: .sessions(after: 0))
        }
    }

    private func stepForNumber(_ extent: MessagePruning.Extent?, isIdle: Bool) throws(SQLiteError) -> Step? {
        guard let extent, let limit = retention.messageCount else { return nil }
        guard extent.count - limit >= (isIdle ? 1 : max(1, limit / 64)) else { return nil }
        let keptFrom = extent.last - limit + 1
        // With none to keep there is no time to go by; what is older than the newest message goes with it.
        let time = try messages.time(of: min(keptFrom, extent.last)) ?? 0
        return Step(keptFrom: keptFrom, horizon: max(time, clearedTo), isForSize: false)
    }

    private func stepForAge(at now: Int64, isIdle: Bool) -> Step? {
        guard let age = retention.age?.wholeNanoseconds else { return nil }
        let horizon = now - age
        guard horizon - sweptTo >= max(Self.sweepNanoseconds, age / (isIdle ? 1024 : 64)) else { return nil }
        return Step(keptFrom: nil, horizon: horizon, isForSize: false)
    }

    private func stepForSize(_ extent: MessagePruning.Extent?, at now: Int64) throws(SQLiteError) -> Step {
        var oldest = try sessions.oldest() ?? now
        if let extent, let time = try messages.time(of: extent.first) { oldest = min(oldest, time) }
        let since = max(clearedTo, oldest)
        let move = max(Self.leastMove, (now - since) / 64)
        return Step(keptFrom: nil, horizon: since + move, isForSize: true)
    }

    // MARK: - Doing it

    private mutating func perform(
        _ step: Step,
        _ extent: MessagePruning.Extent?,
        on database: borrowing Database,
        at now: Int64
    ) throws(SQLiteError) -> Pruned {
        var step = step
        var pruned = Pruned()
        var isDone = false
        do throws(SQLiteError) {
            try begin.run()
            switch step.phase {
            case .messages: try deleteMessages(&step, extent, database, at: now, &pruned)
            case .sessions(let cursor): try sweepSessions(&step, after: cursor, extent, database, &pruned)
            case .rest:
                try deleteRest(step, database, &pruned)
                isDone = true
            }
            try commit.run()
        } catch {
            if database.isInTransaction { try? database.execute("ROLLBACK", doing: "rolling back") }
            self.step = nil
            throw error
        }
        pruned.horizon = step.horizon
        step.hasDeleted = step.hasDeleted || !pruned.isEmpty
        self.step = step
        guard isDone else { return pruned }
        sweptTo = max(sweptTo, step.horizon)
        // What is left is what is said just now.
        if step.isForSize, !step.hasDeleted, step.horizon >= now { restsUntil = now + Self.sweepNanoseconds }
        end(step)
        return pruned
    }

    private mutating func end(_ step: Step) {
        clearedTo = max(clearedTo, step.horizon)
        self.step = nil
    }

    private mutating func deleteMessages(
        _ step: inout Step,
        _ extent: MessagePruning.Extent?,
        _ database: borrowing Database,
        at now: Int64,
        _ pruned: inout Pruned
    ) throws(SQLiteError) {
        guard let extent else {
            step.phase = .sessions(after: 0)
            return
        }
        let bound = MessagePruning.Bound(id: step.keptFrom, time: step.horizon, clock: step.isForSize ? now : nil)
        let piece = try messages.deletePiece(of: extent, before: bound, database)
        pruned.messages = piece.count
        if piece.isLast { step.phase = .sessions(after: 0) }
    }

    private func sweepSessions(
        _ step: inout Step,
        after cursor: Int64,
        _ extent: MessagePruning.Extent?,
        _ database: borrowing Database,
        _ pruned: inout Pruned
    ) throws(SQLiteError) {
        let bound = SessionSweep.Bound(
            time: step.horizon,
            firstMessageID: extent?.first ?? .max,
            newestMessageID: newestMessageID
        )
        let piece = try sessions.sweepPiece(after: cursor, bound, database)
        pruned.samples = piece.samples
        pruned.sessions = piece.sessions
        step.phase = piece.next.map { .sessions(after: $0) } ?? .rest
    }

    private func deleteRest(
        _ step: Step,
        _ database: borrowing Database,
        _ pruned: inout Pruned
    ) throws(SQLiteError) {
        deleteGaps.bind(step.horizon, at: 1)
        try deleteGaps.run()
        pruned.gaps = database.changedRowCount
        deleteRuns.bind(step.horizon, at: 1)
        try deleteRuns.run()
    }

    // MARK: - Free pages

    /// Freed pages are used again. What the file has above its limit is given back, and when idle more than the next
    /// quarter of what is used will need.
    private mutating func returnPages(
        of database: borrowing Database,
        _ space: Space,
        isIdle: Bool
    ) throws(SQLiteError) -> Pruned? {
        guard canReturnPages, space.freePageCount > 0 else { return nil }
        let beyond = limits.file.map { (space.byteCount - $0) / space.pageByteCount } ?? 0
        let kept = (2 * limits.transaction + space.usedByteCount / 4) / space.pageByteCount
        let idle = space.freePageCount - kept
        let wanted = min(space.freePageCount, max(beyond, isIdle && idle >= Self.pagesPerPiece ? idle : 0))
        guard wanted > 0 else { return nil }
        let doing = "giving free pages back"
        try database.execute("PRAGMA incremental_vacuum(\(min(wanted, Self.pagesPerPiece)))", doing: doing)
        var pruned = Pruned()
        pruned.pages = space.pageCount - (try self.space.read().pageCount)
        canReturnPages = pruned.pages > 0
        return pruned
    }
}
