import CSQLite

/// Reads a capture, also while it is being written, and never writes.
package struct Archive: ~Copyable {
    private let database: Database

    /// One row of `message_log`.
    package struct Message: Sendable {
        package var id: Int64
        package var session: Int64
        /// `2026-11-23T08:41:22.043102Z`
        package var time: String
        /// `>` for upstream, `<` for downstream.
        package var direction: String
        package var byteCount: Int64
        package var ending: String
        /// Its bytes, made safe to show.
        package var text: String
    }

    package init(path: String) throws(SQLiteError) {
        database = try Database(uri: Database.uri(path: path, parameters: "mode=ro"), flags: SQLITE_OPEN_READONLY)
        database.waitForLocks(milliseconds: 1000)
    }

    /// The messages with an id above `id`, the oldest first.
    package func messages(after id: Int64, atMost count: Int) throws(SQLiteError) -> [Message] {
        let statement = try database.prepare(
            """
            SELECT id, session_id, time, direction, byte_count, ending, text FROM message_log
            WHERE id > ?1 ORDER BY id LIMIT ?2
            """,
            doing: "reading messages"
        )
        statement.bind(id, at: 1)
        statement.bind(Int64(count), at: 2)
        var messages: [Message] = []
        while try statement.step() {
            messages.append(
                Message(
                    id: statement.integer(0) ?? 0,
                    session: statement.integer(1) ?? 0,
                    time: statement.text(2) ?? "",
                    direction: statement.text(3) ?? "",
                    byteCount: statement.integer(4) ?? 0,
                    ending: statement.text(5) ?? "",
                    text: statement.text(6) ?? ""
                )
            )
        }
        return messages
    }
}
