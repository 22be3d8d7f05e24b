import CSQLite

/// A prepared statement, kept for the life of its connection. Confined to the connection's thread.
///
/// A `bind` that fails leaves NULL behind, which the step then refuses where it matters; so only steps throw.
final class Statement {
    private let handle: OpaquePointer
    private let doing: String

    init(handle: OpaquePointer, doing: String) {
        self.handle = handle
        self.doing = doing
    }

    deinit { sqlite3_finalize(handle) }

    @inline(__always)
    func bind(_ value: Int64, at position: Int32) {
        sqlite3_bind_int64(handle, position, value)
    }

    func bind(_ value: Int64?, at position: Int32) {
        if let value { sqlite3_bind_int64(handle, position, value) } else { sqlite3_bind_null(handle, position) }
    }

    /// SQLite keeps a copy.
    func bind(_ text: String, at position: Int32) {
        sqlite3_bind_text(handle, position, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    /// Borrowed: the bytes must stay where they are until the step. Nothing is copied.
    @inline(__always)
    func bind(borrowing bytes: UnsafeRawBufferPointer, at position: Int32) {
        if let start = bytes.baseAddress, bytes.count > 0 {
            sqlite3_bind_blob64(handle, position, start, UInt64(bytes.count), nil)
        } else {
            sqlite3_bind_zeroblob(handle, position, 0)
        }
    }

    var columnCount: Int32 { sqlite3_column_count(handle) }

    /// Binds the columns of another statement's current row, in their order, from one of them on.
    func bind(rowOf other: Statement, from first: Int32 = 0) {
        for column in first..<other.columnCount {
            sqlite3_bind_value(handle, column - first + 1, sqlite3_column_value(other.handle, column))
        }
    }

    /// The same for a text; NULL where it is empty.
    @inline(__always)
    func bind(borrowingText bytes: UnsafeRawBufferPointer, at position: Int32) {
        if let start = bytes.baseAddress, bytes.count > 0 {
            let text = start.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text64(handle, position, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
        } else {
            sqlite3_bind_null(handle, position)
        }
    }

    /// True if there is a row to read.
    func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    /// Steps to the end, and makes ready for the next run.
    func run() throws(SQLiteError) {
        var code = sqlite3_step(handle)
        while code == SQLITE_ROW { code = sqlite3_step(handle) }
        guard code == SQLITE_DONE else { throw failure(code) }
        sqlite3_reset(handle)
    }

    func reset() { sqlite3_reset(handle) }

    /// Keeps the connection open until the process ends: closing it empties and deletes the log *by its name*, which may
    /// be somebody else's by now.
    func keepsConnection() {
        let address = UInt(bitPattern: Unmanaged.passRetained(self).toOpaque())
        Self.kept.withLock { $0.append(address) }
    }

    /// Where those are that nobody lets go of: what is meant to stay is no leak.
    private static let kept = Monitor<[UInt]>([])

    /// The first column of the first row; ready for the next run.
    func firstInteger() throws(SQLiteError) -> Int64? {
        defer { reset() }
        return try step() ? integer(0) : nil
    }

    func integer(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    func text(_ column: Int32) -> String? {
        sqlite3_column_text(handle, column).map { String(cString: $0) }
    }

    func bytes(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count))
    }

    /// Reads the message before the reset forgets it.
    private func failure(_ code: Int32) -> SQLiteError {
        let message = sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) } ?? ""
        sqlite3_reset(handle)
        return SQLiteError(code: code, message: message, doing: doing)
    }
}
