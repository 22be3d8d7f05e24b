import Traffic

/// Moves the write-ahead log into the file now and then. The writer's, as every checkpoint: two connections that
/// checkpoint and write at once could corrupt the log (sqlite.org/wal.html#walresetbug).
///
/// Passive, so it waits for nobody: a reader that holds an old view only makes it incomplete, and it is tried again when
/// the log has grown some more, or a second later.
struct Checkpointer: ~Copyable {
    /// By so many pages the log grows between two checkpoints.
    private let pageStep: Int32
    private let gauges: WriterGauges
    /// SQLite writes it. No news: all of it is in the file.
    private let log: UnsafeMutablePointer<Database.Log>
    /// When it is so long the next checkpoint is due.
    private var nextPages: Int32
    /// The last one moved all there was: no reader holds an older view.
    private(set) var isComplete = true
    /// When the last one was made, by the monotonic clock.
    private var madeAt: Int64 = 0

    /// How long after an incomplete one the next is due, however little is written meanwhile.
    private static let retryNanoseconds: Int64 = 1_000_000_000

    init(_ database: borrowing Database, stepPages: Int32, _ gauges: WriterGauges) {
        pageStep = stepPages
        nextPages = stepPages
        self.gauges = gauges
        log = .allocate(capacity: 1)
        log.initialize(to: Database.Log())
        database.reportLog(to: log)
    }

    deinit { log.deallocate() }

    /// After a commit: only if the log is long. Answers what went wrong, if anything.
    mutating func afterCommit(_ database: borrowing Database) -> SQLiteError? {
        // A log that is shorter than before has started again.
        if log.pointee.pages < nextPages - pageStep { nextPages = pageStep }
        guard log.pointee.hasNews, log.pointee.pages >= nextPages || isRetryDue else { return nil }
        return checkpoint(database)
    }

    /// When nothing is to be written: if there is anything to move.
    mutating func whenIdle(_ database: borrowing Database) -> SQLiteError? {
        if log.pointee.hasNews, let error = checkpoint(database) { return error }
        return isComplete && log.pointee.pages > 2 * pageStep ? cut(database) : nil
    }

    /// Takes back a log that has grown beyond its room, and would keep that length until something is written again. Waits for
    /// no reader: where one is there just now, it is tried again a second later; what fails otherwise, not before something was
    /// written.
    private mutating func cut(_ database: borrowing Database) -> SQLiteError? {
        database.waitForLocks(milliseconds: 0)
        defer { database.waitForLocks(milliseconds: Writer.lockWait) }
        do throws(SQLiteError) {
            if try database.checkpoint(truncating: true).isComplete { log.pointee.pages = 0 }
            return nil
        } catch {
            isComplete = false
            return error
        }
    }

    /// The log takes no room any more, unless a reader still needs it: for that the connection waits as for a lock.
    mutating func empty(_ database: borrowing Database) -> SQLiteError? {
        checkpoint(database, truncating: true)
    }

    /// At the end the same, without waiting.
    mutating func finish(_ database: borrowing Database) {
        database.waitForLocks(milliseconds: 0)
        _ = empty(database)
    }

    private var isRetryDue: Bool { !isComplete && Clock.monotonic - madeAt >= Self.retryNanoseconds }

    /// What SQLite last told of its log.
    var latestLog: Database.Log { log.pointee }

    private mutating func checkpoint(_ database: borrowing Database, truncating: Bool = false) -> SQLiteError? {
        nextPages = log.pointee.pages + pageStep
        madeAt = Clock.monotonic
        do throws(SQLiteError) {
            isComplete = try database.checkpoint(truncating: truncating).isComplete
            if isComplete {
                log.pointee.hasNews = false
                nextPages = pageStep
            }
        } catch {
            isComplete = false
            count()
            return error
        }
        count()
        return nil
    }

    private func count() {
        (isComplete ? gauges.checkpointsComplete : gauges.checkpointsIncomplete).add(1)
    }
}
