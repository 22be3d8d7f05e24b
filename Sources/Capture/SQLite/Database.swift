import CSQLite

/// One connection to an SQLite file. Whoever holds the value is the only one who uses it; it closes with it.
struct Database: ~Copyable {
    private let handle: OpaquePointer

    /// - Parameter uri: a `file:` URI, from `Database.uri(path:parameters:)`.
    init(uri: String, flags: Int32) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(uri, &opened, flags | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(code: code, message: Self.message(of: opened, code), doing: "opening the database")
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
    }

    /// With its statements still alive the connection lingers and goes with the last of them.
    deinit { sqlite3_close_v2(handle) }

    /// SQLite's own way to name a file with open parameters; what a URI would read as syntax is escaped.
    static func uri(path: String, parameters: String = "") -> String {
        var uri = path.hasPrefix("/") ? "file://" : "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0x80...:
                uri += "%" + String(byte, radix: 16)
            default: uri.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return parameters.isEmpty ? uri : "\(uri)?\(parameters)"
    }

    /// Runs statements that answer nothing anybody needs.
    func execute(_ sql: String, doing: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, doing: doing) }
    }

    func prepare(_ sql: String, doing: String) throws(SQLiteError) -> Statement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw error(code, doing: doing) }
        return Statement(handle: statement, doing: doing)
    }

    /// The first column of the first row.
    func integer(_ sql: String, doing: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql, doing: doing)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of the first row.
    func text(_ sql: String, doing: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql, doing: doing)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Rows that the last statement inserted, changed or deleted.
    var changedRowCount: Int64 { Int64(sqlite3_changes(handle)) }

    /// For another thread, for as long as this connection lives.
    var interrupter: Interrupter { Interrupter(handle) }

    var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// False once SQLite rolled back by itself, as it does when the disk is full.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// How long a call waits for somebody else's lock.
    func waitForLocks(milliseconds: Int32) {
        sqlite3_busy_timeout(handle, milliseconds)
    }

    /// How many pages of the write-ahead log were moved into the file. Busy is an outcome here, not an error.
    func checkpoint(truncating: Bool) throws(SQLiteError) -> (isComplete: Bool, logPages: Int32) {
        var logPages: Int32 = 0
        var movedPages: Int32 = 0
        let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &logPages, &movedPages)
        guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else { throw error(code, doing: "checkpointing") }
        return (code == SQLITE_OK && movedPages >= logPages, logPages)
    }

    /// Frees the pages that were kept for the next transaction.
    func releaseMemory() {
        sqlite3_db_release_memory(handle)
    }

    /// What SQLite tells of its write-ahead log.
    struct Log {
        /// As of the last commit. Fewer than before, and it has begun again.
        var pages: Int32 = 0
        /// Something was committed since this was last cleared.
        var hasNews = false
    }

    /// Lets SQLite tell of its write-ahead log after each commit. `log` must outlive the connection.
    func reportLog(to log: UnsafeMutablePointer<Log>) {
        sqlite3_wal_hook(
            handle,
            { log, _, _, count in
                log?.assumingMemoryBound(to: Log.self).pointee = Log(pages: count, hasNews: true)
                return SQLITE_OK
            },
            log
        )
    }

    private func error(_ code: Int32, doing: String) -> SQLiteError {
        SQLiteError(code: code, message: Self.message(of: handle, code), doing: doing)
    }

    private static func message(of handle: OpaquePointer?, _ code: Int32) -> String {
        guard let handle, let text = sqlite3_errmsg(handle) else { return String(cString: sqlite3_errstr(code)) }
        return String(cString: text)
    }
}
