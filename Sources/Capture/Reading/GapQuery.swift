import Traffic

/// Reads the gaps, which are few; those that may still grow are among the last.
struct GapQuery {
    /// A gap with the number of its row.
    struct Row: Equatable {
        let rowID: Int64
        let gap: RecordedGap
    }

    private let statement: Statement

    init(_ archive: Archive) throws(SQLiteError) {
        statement = try archive.database.prepare(
            "SELECT rowid, run_id, reason, from_ns, to_ns, messages, bytes FROM gaps ORDER BY rowid DESC LIMIT ?",
            doing: "reading gaps"
        )
    }

    /// The last rows, the oldest of them first.
    func last(_ count: Int64) throws(SQLiteError) -> [Row] {
        statement.bind(count, at: 1)
        defer { statement.reset() }
        var rows: [Row] = []
        while try statement.step() {
            let gap = RecordedGap(
                run: statement.integer(1) ?? 0,
                reason: statement.text(2) ?? "",
                from: Timestamp(nanosecondsSince1970: statement.integer(3) ?? 0),
                to: Timestamp(nanosecondsSince1970: statement.integer(4) ?? 0),
                messages: statement.integer(5),
                bytes: statement.integer(6)
            )
            rows.append(Row(rowID: statement.integer(0) ?? 0, gap: gap))
        }
        return rows.reversed()
    }
}
