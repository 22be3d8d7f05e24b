import CSQLite

/// The SQLite library that this process runs with, which may be another than the one it was built against.
package enum SQLiteVersion {
    package static var text: String { String(cString: sqlite3_libversion()) }
}
