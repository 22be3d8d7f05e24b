import CSQLite
import Glibc
import Traffic

/// Reads a capture, also while it is being written, and never alters it. Confined to the thread that opened it.
///
/// A file that nobody has open (no write-ahead log, no index) is read as it lies there, without locks and without leaving
/// a file beside it; so it may lie in a folder that cannot be written. If a relay starts meanwhile, what was read does not
/// count: `isStale` says so, and `read` does it again. Everything else is opened as one more reader beside the writer.
package final class Archive {
    let database: Database
    let paths: CapturePaths
    /// Read as it lies there.
    private let isUntouched: Bool
    private let state: State

    /// Opens the file, or says in one sentence why it cannot be read.
    package init(path: String) throws(CaptureError) {
        paths = CapturePaths(database: path)
        state = try State(of: paths)
        isUntouched = state.isAlone
        database = try Self.open(paths, untouched: isUntouched)
        try Self.refuseOthers(database, paths)
    }

    /// Reads once; and again if a writer came in the middle of it.
    package static func read<Value>(
        _ path: String,
        _ body: (Archive) throws(CaptureError) -> Value
    ) throws(CaptureError) -> Value {
        while true {
            let archive = try Archive(path: path)
            let result = Result { () throws(CaptureError) in try body(archive) }
            if !archive.isStale { return try result.get() }
        }
    }

    /// Somebody began to write what was read without locks: it does not count.
    var isStale: Bool { isUntouched && State.now(paths) != state }

    /// The name leads to another file by now, or to none.
    var isReplaced: Bool {
        guard let file = CapturePaths.look(at: paths.database) else { return true }
        return !file.isSameFile(as: state.file)
    }

    /// A relay (or who tends the file in its place) has it now. Where that cannot be told, whether anybody has it open.
    var hasWriter: Bool { WriterLock.isHeld(databasePath: paths.database) ?? !state.isAlone }

    /// Changes when somebody else has committed something.
    func dataVersion() throws(CaptureError) -> Int64 {
        try telling { () throws(SQLiteError) in
            try database.integer("PRAGMA data_version", doing: "looking for news") ?? 0
        }
    }

    /// Runs a step in one read transaction: everything in it sees the same moment. To be kept short, for while it lasts
    /// the writer cannot begin its log anew.
    func atOneMoment<Value>(_ step: () throws(SQLiteError) -> Value) throws(CaptureError) -> Value {
        try telling { () throws(SQLiteError) in
            try database.execute("BEGIN", doing: "beginning to read")
            do throws(SQLiteError) {
                let value = try step()
                try database.execute("COMMIT", doing: "ending to read")
                return value
            } catch {
                try? database.execute("ROLLBACK", doing: "ending to read")
                throw error
            }
        }
    }

    /// Runs a step and tells its failure as the operator needs it.
    func telling<Value>(_ step: () throws(SQLiteError) -> Value) throws(CaptureError) -> Value {
        do throws(SQLiteError) {
            return try step()
        } catch {
            throw Self.told(error, paths)
        }
    }

    func told(_ error: SQLiteError) -> CaptureError { Self.told(error, paths) }

    // MARK: - Opening

    /// What lies there at one moment.
    private struct State: Equatable {
        let file: CapturePaths.Sight
        let changed: Int64
        /// Nobody has it open, and nothing of it is in a log.
        let isAlone: Bool

        init(of paths: CapturePaths) throws(CaptureError) {
            guard let state = Self.now(paths) else { throw Self.cannotSee(paths.database, errno) }
            self = state
            guard file.isRegularFile else {
                throw CaptureError(.foreign, "\(paths.database) is not a file: choose another --database")
            }
            guard access(paths.database, R_OK) == 0 else { throw Self.cannotSee(paths.database, errno) }
            guard file.byteCount > 0 else {
                throw CaptureError(.missing, "\(paths.database) is empty: nothing was recorded into it yet")
            }
        }

        private init(file: CapturePaths.Sight, changed: Int64, isAlone: Bool) {
            self.file = file
            self.changed = changed
            self.isAlone = isAlone
        }

        static func now(_ paths: CapturePaths) -> State? {
            guard let file = CapturePaths.look(at: paths.database) else { return nil }
            let logByteCount = CapturePaths.look(at: paths.log)?.byteCount ?? 0
            return State(
                file: file,
                changed: CapturePaths.lastChange(of: paths.database),
                isAlone: logByteCount == 0 && CapturePaths.look(at: paths.logIndex) == nil
            )
        }

        private static func cannotSee(_ path: String, _ code: Int32) -> CaptureError {
            guard code != ENOENT, code != ENOTDIR else {
                return CaptureError(.missing, "there is no \(path): name what a relay records into with --database")
            }
            let reason = String(cString: strerror(code))
            return CaptureError(.inputOutput, "cannot read \(path): \(reason): ask as a user or group that may")
        }
    }

    private static func open(_ paths: CapturePaths, untouched: Bool) throws(CaptureError) -> Database {
        do throws(SQLiteError) {
            let parameters = untouched ? "immutable=1" : "mode=ro"
            let uri = Database.uri(path: paths.database, parameters: parameters)
            let database = try Database(uri: uri, flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX)
            database.waitForLocks(milliseconds: 5000)
            try database.execute("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY", doing: "preparing to read")
            try database.execute("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON", doing: "preparing to read")
            return database
        } catch {
            throw told(error, paths)
        }
    }

    private static func refuseOthers(_ database: borrowing Database, _ paths: CapturePaths) throws(CaptureError) {
        let path = paths.database
        let mark: Int64
        let version: Int64
        let objection: CaptureError?
        do throws(SQLiteError) {
            mark = try database.integer("PRAGMA application_id", doing: "looking at its mark") ?? 0
            version = try database.integer("PRAGMA user_version", doing: "reading the schema version") ?? 0
            objection = try mark == CaptureFile.applicationID ? Migrations.objection(to: database, path: path) : nil
        } catch {
            throw told(error, paths)
        }
        guard mark == CaptureFile.applicationID else {
            throw CaptureError(.foreign, "\(path) is a database, but not overhear's: choose another --database")
        }
        if let objection { throw objection }
        guard version > 0 else {
            throw CaptureError(.missing, "\(path) has no tables yet: nothing was recorded into it")
        }
        guard version == Migrations.newestVersion else {
            throw CaptureError(
                .older,
                "\(path) has schema \(version), and this overhear reads \(Migrations.newestVersion): "
                    + "bring it up with overhear db migrate"
            )
        }
    }

    private static func told(_ error: SQLiteError, _ paths: CapturePaths) -> CaptureError {
        let path = paths.database
        switch error.primaryCode {
        case SQLITE_NOTADB:
            return CaptureError(.foreign, "\(path) is not an SQLite database: choose another --database")
        case SQLITE_CORRUPT:
            return CaptureError(
                .damaged,
                "\(path) is damaged: \(error): save what `sqlite3 \(path) .dump` still reads"
            )
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            return CaptureError(.locked, "somebody else holds \(path): \(error): end their transaction, or try again")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
            // The file itself can be read, or we would not have come so far.
            return CaptureError(
                .inputOutput,
                "cannot read \(path) beside its write-ahead log: \(error): ask as its owner, or copy it and "
                    + "\(path)-wal into a folder of yours once nobody writes it"
            )
        default:
            return CaptureError(.inputOutput, "cannot read \(path): \(error): check its disk")
        }
    }
}
