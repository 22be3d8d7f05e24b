/// The pages of a database file as of the last commit, whether they have left the write-ahead log or not.
struct Space: Equatable {
    var pageCount: Int64
    var freePageCount: Int64
    let pageByteCount: Int64

    var byteCount: Int64 { pageCount * pageByteCount }
    var freeByteCount: Int64 { freePageCount * pageByteCount }
    var usedByteCount: Int64 { byteCount - freeByteCount }
}

/// Asks SQLite for a file's pages: a few microseconds, and the file is never opened by hand.
struct SpaceReader {
    private let pages: Statement
    private let freePages: Statement
    private let pageByteCount: Int64

    init(_ database: borrowing Database) throws(SQLiteError) {
        pages = try database.prepare("PRAGMA page_count", doing: Self.doing)
        freePages = try database.prepare("PRAGMA freelist_count", doing: Self.doing)
        pageByteCount = try database.integer("PRAGMA page_size", doing: Self.doing) ?? 4096
    }

    func read() throws(SQLiteError) -> Space {
        Space(
            pageCount: try pages.firstInteger() ?? 0,
            freePageCount: try freePages.firstInteger() ?? 0,
            pageByteCount: pageByteCount
        )
    }

    private static let doing = "looking at the file's size"
}
