import Traffic

/// Sets right what a run that ended without saying so has left: its sessions are closed as `processEnded`, and a gap
/// says that nobody knows what is missing.
enum Recovery {
    struct UncleanRun: Sendable {
        let run: Int64
        let sessionsClosed: Int
    }

    static func run(on database: borrowing Database, at now: Timestamp) throws(SQLiteError) -> [UncleanRun] {
        let doing = "closing what an earlier run left open"
        var found: [UncleanRun] = []
        for run in try uncleanRuns(database) {
            try database.execute("BEGIN IMMEDIATE", doing: doing)
            let closed = try closeSessions(of: run, database, doing: doing)
            try end(run, at: now, database, doing: doing)
            try database.execute("COMMIT", doing: doing)
            found.append(UncleanRun(run: run, sessionsClosed: closed))
        }
        return found
    }

    private static func uncleanRuns(_ database: borrowing Database) throws(SQLiteError) -> [Int64] {
        let rows = try database.prepare("SELECT id FROM runs WHERE clean IS NULL", doing: "looking for earlier runs")
        var runs: [Int64] = []
        while try rows.step() { runs.append(rows.integer(0) ?? 0) }
        return runs
    }

    /// A session's end is the last that is known of it: a message, a sample, or its beginning.
    private static func closeSessions(
        of run: Int64,
        _ database: borrowing Database,
        doing: String
    ) throws(SQLiteError) -> Int {
        let close = try database.prepare(
            """
            UPDATE sessions SET close_reason = ?2, closed_at_ns = max(
                opened_at_ns,
                coalesce(connected_at_ns, 0),
                coalesce((SELECT at_ns FROM messages WHERE id = last_message_id), 0),
                coalesce((SELECT max(at_ns) FROM channel_samples WHERE session_id = sessions.id AND side = 0), 0))
            WHERE closed_at_ns IS NULL AND run_id = ?1
            """,
            doing: doing
        )
        close.bind(run, at: 1)
        close.bind(CloseReason.processEnded.rawValue, at: 2)
        try close.run()
        return Int(try database.integer("SELECT changes()", doing: doing) ?? 0)
    }

    private static func end(
        _ run: Int64,
        at now: Timestamp,
        _ database: borrowing Database,
        doing: String
    ) throws(SQLiteError) {
        let end = try database.prepare(
            """
            UPDATE runs SET clean = 0, ended_at_ns = max(
                started_at_ns,
                coalesce((SELECT max(closed_at_ns) FROM sessions WHERE run_id = ?1), 0),
                coalesce((SELECT at_ns FROM messages ORDER BY id DESC LIMIT 1), 0))
            WHERE id = ?1
            """,
            doing: doing
        )
        end.bind(run, at: 1)
        try end.run()
        let gap = try database.prepare(
            """
            INSERT INTO gaps (run_id, reason, from_ns, to_ns)
            SELECT id, ?2, ended_at_ns, max(ended_at_ns, ?3) FROM runs WHERE id = ?1
            """,
            doing: doing
        )
        gap.bind(run, at: 1)
        gap.bind(GapReason.unclean.name, at: 2)
        gap.bind(now.nanosecondsSince1970, at: 3)
        try gap.run()
    }
}
