import CSQLite
import Testing

@testable import Capture

@Suite struct `An SQLite error` {
    @Test func `says what failed while doing what, and never a value`() throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
        let database = try Database(uri: "file:nothing", flags: flags)
        try database.execute("CREATE TABLE messages (sequence INTEGER UNIQUE) STRICT", doing: "making a table")
        let insert = try database.prepare("INSERT INTO messages VALUES (?)", doing: "inserting a message")
        insert.bind(77, at: 1)
        try insert.run()
        #expect {
            insert.bind(77, at: 1)
            try insert.run()
        } throws: { error in
            String(describing: error)
                == "SQLite error 19 (SQLITE_CONSTRAINT_UNIQUE): UNIQUE constraint failed: messages.sequence, "
                + "while inserting a message"
        }
    }

    @Test(arguments: [
        (SQLITE_FULL, SQLiteError.Verdict.suspend(.diskFull)),
        (SQLITE_IOERR | 10 << 8, .suspend(.ioError)),
        (SQLITE_CORRUPT, .suspend(.corrupt)),
        (SQLITE_BUSY | 2 << 8, .busy),
        (SQLITE_CONSTRAINT | 5 << 8, .refused),
    ]) func `tells the writer what to make of it`(code: Int32, verdict: SQLiteError.Verdict) {
        #expect(SQLiteError(code: code, message: "", doing: "").verdict == verdict)
    }
}
