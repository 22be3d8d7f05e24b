import Traffic

/// Moves the write-ahead log into the file now and then. The writer's, as every checkpoint: two connections that
/// checkpoint and write at once could corrupt the log (sqlite.org/wal.html#walresetbug).
///
/// Passive, so it waits for nobody: a reader that holds an old view only makes it incomplete, and it is tried again when
/// the log has grown some more.
struct Checkpointer: ~Copyable {
    /// By so many pages the log grows between two checkpoints.
    private let pageStep: Int32
    private let gauges: WriterGauges
    /// SQLite writes it. No news: all of it is in the file.
    private let log: UnsafeMutablePointer<Database.Log>
    /// When it is so long the next checkpoint is due.
    private var nextPages: Int32

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
        guard log.pointee.hasNews, log.pointee.pages >= nextPages else { return nil }
        return checkpoint(database)
    }

    /// When nothing is to be written: if there is anything to move.
    mutating func whenIdle(_ database: borrowing Database) -> SQLiteError? {
        log.pointee.hasNews ? checkpoint(database) : nil
    }

    /// At the end: the log becomes empty, unless a reader still needs it.
    mutating func finish(_ database: borrowing Database) {
        database.waitForLocks(milliseconds: 0)
        let outcome = try? database.checkpoint(truncating: true)
        count(outcome?.isComplete ?? false)
    }

    private mutating func checkpoint(_ database: borrowing Database) -> SQLiteError? {
        nextPages = log.pointee.pages + pageStep
        do throws(SQLiteError) {
            let outcome = try database.checkpoint(truncating: false)
            if outcome.isComplete {
                log.pointee.hasNews = false
                nextPages = pageStep
            }
            count(outcome.isComplete)
            return nil
        } catch {
            count(false)
            return error
        }
    }

    private func count(_ isComplete: Bool) {
        (isComplete ? gauges.checkpointsComplete : gauges.checkpointsIncomplete).add(1)
    }
}
