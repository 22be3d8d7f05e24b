import Testing

@testable import overhear_bench

@Suite struct `A reader that holds a transaction` {
    private let folder: Folder
    private let database: String

    init() throws {
        folder = try Folder()
        database = folder.file("capture.db")
        _ = try ask("PRAGMA journal_mode = wal; CREATE TABLE messages (id INTEGER PRIMARY KEY)")
    }

    private func ask(_ sql: String) throws -> String { try Child.output(of: "sqlite3", [database, sql]) }

    @Test func `keeps what is written meanwhile in the log until it ends`() throws {
        let add = "PRAGMA busy_timeout = 0; INSERT INTO messages DEFAULT VALUES; PRAGMA wal_checkpoint(TRUNCATE)"
        let reader = try HoldingReader(of: database)
        // busy, pages in the log, pages moved from it.
        #expect(try ask(add).split(separator: "\n").last?.hasPrefix("1|") == true)
        try reader.finish()
        #expect(try ask(add).split(separator: "\n").last == "0|0|0")
        #expect(try ask("SELECT count(*) FROM messages") == "2\n")
    }

    @Test func `is refused where there is nothing to read`() throws {
        _ = try ask("DROP TABLE messages")
        #expect(throws: Trouble.self) { try HoldingReader(of: database).finish() }
    }
}
