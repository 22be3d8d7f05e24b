import CSQLite
import Traffic

/// The file of a capture, opened for its one writer, or refused without leaving a trace.
///
/// First a look that cannot change anything, through a connection that takes no locks and makes no files: is this ours
/// at all? (Our mark, `application_id`, is in the file itself before it ever has a write-ahead log.) Then the writer's
/// lock; then, with every other writer kept out, a look at its schema; and only then a connection that may write.
struct CaptureFile: ~Copyable {
    /// "ovhr": in every database of ours.
    static let applicationID: Int64 = 0x6f76_6872

    /// Of a page of a new file. 8 KiB instead of SQLite's 4 are half the system calls of writing the log and of copying it to the
    /// file: 3 % of all processor time where 64 connections talk to and fro, 10 % where they do not wait for answers, 16 % with
    /// messages of 64 KiB. Twice as large again gains little more, and each commit writes whole pages.
    static let pageByteCount = 8192
    /// What can only be chosen before there are tables.
    static let layout = "PRAGMA page_size = \(pageByteCount); PRAGMA auto_vacuum = INCREMENTAL"

    private static let preparing = "preparing the database"

    let database: Database
    let lock: WriterLock
    /// Names of the migrations that were applied just now.
    let migrationsApplied: [String]

    static func open(_ configuration: CaptureConfiguration) throws(CaptureError) -> CaptureFile {
        let paths = CapturePaths(database: configuration.databasePath)
        let sight = CapturePaths.look(at: paths.database)
        if let sight { try refuseForeign(paths, sight) }
        let lock = try WriterLock(databasePath: paths.database)
        if let sight, sight.byteCount > 0, let objection = objection(to: paths) {
            lock.withdraw()
            throw objection
        }
        do throws(CaptureError) {
            if sight == nil { try paths.create() }
            let database = try openForWriting(paths.database, configuration)
            let applied = try translating(paths.database) { () throws(SQLiteError) in
                let applied = try Migrations.apply(to: database, at: Clock.now)
                // What was rewritten of an older file is moved into it now, not while the first messages wait.
                if sight != nil, !applied.isEmpty { _ = try database.checkpoint(truncating: false) }
                // From here on the pages of a transaction stay in memory until it is committed, for they are not many.
                try database.execute("PRAGMA cache_spill = OFF", doing: preparing)
                return applied
            }
            return CaptureFile(database: database, lock: lock, migrationsApplied: applied)
        } catch {
            if sight == nil { paths.remove() }
            lock.withdraw()
            throw error
        }
    }

    private init(database: consuming Database, lock: consuming WriterLock, migrationsApplied: [String]) {
        self.database = database
        self.lock = lock
        self.migrationsApplied = migrationsApplied
    }

    /// Accepts an SQLite file with our mark, and one that is empty.
    private static func refuseForeign(_ paths: CapturePaths, _ sight: CapturePaths.Sight) throws(CaptureError) {
        guard sight.isRegularFile else {
            throw CaptureError(.foreign, "\(paths.database) is not a file: choose another --database")
        }
        guard sight.byteCount > 0 else { return }
        let isOurs = try translating(paths.database) { () throws(SQLiteError) in
            let database = try openUntouched(paths.database)
            let doing = "looking at its mark"
            let mark = try database.integer("PRAGMA application_id", doing: doing)
            if mark != 0 { return mark == applicationID }
            let tables = try database.integer("SELECT count(*) FROM sqlite_schema", doing: doing)
            let logByteCount = CapturePaths.look(at: paths.log)?.byteCount ?? 0
            return mark == 0 && tables == 0 && logByteCount == 0 && CapturePaths.look(at: paths.journal) == nil
        }
        guard isOurs else {
            throw CaptureError(
                .foreign,
                "\(paths.database) is a database, but not overhear's: choose another --database"
            )
        }
    }

    /// Why the schema is not for us, if so. Reads through the write-ahead log if there is one, and takes back the index
    /// that this may leave.
    private static func objection(to paths: CapturePaths) -> CaptureError? {
        let hasLog = (CapturePaths.look(at: paths.log)?.byteCount ?? 0) > 0
        let hadIndex = CapturePaths.look(at: paths.logIndex) != nil
        var objection: CaptureError?
        do throws(CaptureError) {
            objection = try translating(paths.database) { () throws(SQLiteError) in
                let database = hasLog ? try openForReading(paths.database) : try openUntouched(paths.database)
                return try Migrations.objection(to: database, path: paths.database)
            }
        } catch {
            objection = error
        }
        if objection != nil, hasLog, !hadIndex { paths.removeLogIndex() }
        return objection
    }

    /// Takes no locks and makes no files; sees nothing of a write-ahead log.
    ///
    /// A crash in the middle of a checkpoint leaves a first page that promises more pages than the file has yet; the
    /// log has them. Without `writable_schema` SQLite would call that corrupt before it shows our mark.
    private static func openUntouched(_ path: String) throws(SQLiteError) -> Database {
        let uri = Database.uri(path: path, parameters: "immutable=1")
        let database = try Database(uri: uri, flags: SQLITE_OPEN_READONLY)
        try database.execute("PRAGMA writable_schema = ON", doing: "looking at its mark")
        return database
    }

    private static func openForReading(_ path: String) throws(SQLiteError) -> Database {
        let database = try Database(uri: Database.uri(path: path), flags: SQLITE_OPEN_READONLY)
        database.waitForLocks(milliseconds: 5000)
        return database
    }

    private static func openForWriting(
        _ path: String,
        _ configuration: CaptureConfiguration
    ) throws(CaptureError) -> Database {
        var mode: String?
        let database = try translating(path) { () throws(SQLiteError) in
            let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
            let database = try Database(uri: Database.uri(path: path), flags: flags)
            mode = try prepare(database, configuration)
            return database
        }
        guard mode == "wal" else {
            throw CaptureError(
                .inputOutput,
                "\(path) cannot have a write-ahead log (journal mode \(mode ?? "unknown")): "
                    + "choose a --database on a local disk"
            )
        }
        return database
    }

    /// Settings of the writer's connection; answers the journal mode. The mark goes in before the log exists, so that
    /// it is in the file itself.
    private static func prepare(
        _ database: borrowing Database,
        _ configuration: CaptureConfiguration
    ) throws(SQLiteError) -> String? {
        database.waitForLocks(milliseconds: 5000)
        try database.execute("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY", doing: preparing)
        // Few pages are kept from one transaction to the next, for the writer goes on at the end of each table.
        try database.execute("PRAGMA cache_size = -1000; PRAGMA trusted_schema = OFF", doing: preparing)
        if try database.integer("PRAGMA application_id", doing: preparing) != applicationID {
            try database.execute(layout, doing: preparing)
            try database.execute("PRAGMA application_id = \(applicationID)", doing: preparing)
        }
        let mode = try database.text("PRAGMA journal_mode = WAL", doing: preparing)
        let synchronous = configuration.durability == .full ? "FULL" : "NORMAL"
        try database.execute("PRAGMA synchronous = \(synchronous); PRAGMA secure_delete = FAST", doing: preparing)
        let logLimit = SizeLimits(configuration.retention).leastLogRoom
        try database.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = \(logLimit)", doing: preparing)
        return mode
    }

    /// Runs a step and tells its failure as the operator needs it.
    private static func translating<Result: ~Copyable>(
        _ path: String,
        _ step: () throws(SQLiteError) -> Result
    ) throws(CaptureError) -> Result {
        do throws(SQLiteError) {
            return try step()
        } catch {
            throw translated(error, path)
        }
    }

    static func translated(_ error: SQLiteError, _ path: String) -> CaptureError {
        switch error.primaryCode {
        case SQLITE_NOTADB:
            CaptureError(.foreign, "\(path) is not an SQLite database: choose another --database")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
            CaptureError(
                .cannotCreate,
                "cannot write \(path): \(error): make it and its folder writable, or choose another --database"
            )
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            CaptureError(
                .locked,
                "somebody else holds \(path): \(error): end their transaction, or choose another --database"
            )
        case SQLITE_CORRUPT:
            CaptureError(
                .inputOutput,
                "\(path) is damaged: \(error): save what `sqlite3 \(path) .dump` still reads, "
                    + "and choose another --database"
            )
        default:
            CaptureError(.inputOutput, "cannot open \(path): \(error): check its disk")
        }
    }
}
