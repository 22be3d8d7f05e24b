import Traffic

/// This run's row in `runs`: begun when the file is open, ended when everything is in it.
struct RunRow {
    let id: Int64
    private let end: Statement

    init(_ run: RunDescription, on database: borrowing Database, at now: Timestamp) throws(SQLiteError) {
        let begin = try database.prepare(
            "INSERT INTO runs (version, pid, host, configuration, started_at_ns) VALUES (?, ?, ?, ?, ?)",
            doing: "beginning the run"
        )
        begin.bind(run.version, at: 1)
        begin.bind(Int64(run.processID), at: 2)
        begin.bind(run.host, at: 3)
        begin.bind(run.configuration, at: 4)
        begin.bind(now.nanosecondsSince1970, at: 5)
        try begin.run()
        id = database.lastInsertedRowID
        end = try database.prepare("UPDATE runs SET ended_at_ns = ?, clean = 1 WHERE id = ?", doing: "ending the run")
    }

    func finish(at now: Timestamp) throws(SQLiteError) {
        end.bind(now.nanosecondsSince1970, at: 1)
        end.bind(id, at: 2)
        try end.run()
    }
}
