/// Goes through the sessions, the oldest first, and deletes their samples from before a time, and those sessions that
/// closed before it and have no messages any more.
///
/// The newest session stays, and so does the one that had the newest message: new ids go on after theirs.
struct SessionSweep {
    /// What stays, of what.
    struct Bound {
        let time: Int64
        /// Older messages are gone.
        let firstMessageID: Int64
        /// The largest id a message ever had.
        let newestMessageID: Int64
    }

    struct Piece {
        var samples: Int64 = 0
        var sessions: Int64 = 0
        /// Where to go on; nil at the end.
        var next: Int64?
    }

    private struct Session {
        let id: Int64
        let openedAt: Int64
        let closedAt: Int64?
        let lastMessageID: Int64?
    }

    /// Each has pages of its own in `channel_samples`, so that this bounds what a piece adds to the log: one or two each.
    private static let sessionsPerPiece = 128
    private static let samplesPerPiece: Int64 = 8192

    private let sessionsAfter: Statement
    private let newestID: Statement
    private let firstOpening: Statement
    private let endOfSamples: Statement
    private let deleteSamples: Statement
    private let deleteSession: Statement

    init(_ database: borrowing Database) throws(SQLiteError) {
        let doing = "looking for the oldest sessions"
        sessionsAfter = try database.prepare(
            """
            SELECT id, opened_at_ns, closed_at_ns, last_message_id FROM sessions WHERE id > ? ORDER BY id
            LIMIT \(Self.sessionsPerPiece)
            """,
            doing: doing
        )
        newestID = try database.prepare("SELECT max(id) FROM sessions", doing: doing)
        firstOpening = try database.prepare("SELECT opened_at_ns FROM sessions ORDER BY id LIMIT 1", doing: doing)
        endOfSamples = try database.prepare(
            """
            SELECT at_ns FROM channel_samples WHERE session_id = ? ORDER BY at_ns
            LIMIT 1 OFFSET \(Self.samplesPerPiece)
            """,
            doing: "looking for the oldest channel samples"
        )
        deleteSamples = try database.prepare(
            "DELETE FROM channel_samples WHERE session_id = ? AND at_ns < ?",
            doing: "deleting old channel samples"
        )
        deleteSession = try database.prepare("DELETE FROM sessions WHERE id = ?", doing: "deleting old sessions")
    }

    /// When the first session that there is was opened.
    func oldest() throws(SQLiteError) -> Int64? { try firstOpening.firstInteger() }

    /// Sweeps some sessions after this one.
    func sweepPiece(
        after session: Int64,
        _ bound: Bound,
        _ database: borrowing Database
    ) throws(SQLiteError) -> Piece {
        let newest = try newestID.firstInteger() ?? 0
        let sessions = try sessions(after: session)
        var piece = Piece()
        for session in sessions {
            // Ids are given in the order of opening: what follows is younger.
            if session.openedAt >= bound.time { return piece }
            let isOver = isOver(session, bound) && session.id != newest
            let isClean = try deleteSamples(
                of: session.id,
                before: isOver ? .max : bound.time,
                database,
                &piece.samples
            )
            if isClean, isOver {
                deleteSession.bind(session.id, at: 1)
                try deleteSession.run()
                piece.sessions += 1
            }
            if !isClean {
                piece.next = session.id - 1
                return piece
            }
            if piece.samples >= Self.samplesPerPiece {
                piece.next = session.id
                return piece
            }
        }
        if sessions.count == Self.sessionsPerPiece { piece.next = sessions.last?.id }
        return piece
    }

    private func isOver(_ session: Session, _ bound: Bound) -> Bool {
        guard let closedAt = session.closedAt, closedAt < bound.time else { return false }
        guard let last = session.lastMessageID else { return true }
        return last < bound.firstMessageID && last != bound.newestMessageID
    }

    private func sessions(after id: Int64) throws(SQLiteError) -> [Session] {
        defer { sessionsAfter.reset() }
        sessionsAfter.bind(id, at: 1)
        var sessions: [Session] = []
        while try sessionsAfter.step() {
            sessions.append(
                Session(
                    id: sessionsAfter.integer(0) ?? 0,
                    openedAt: sessionsAfter.integer(1) ?? 0,
                    closedAt: sessionsAfter.integer(2),
                    lastMessageID: sessionsAfter.integer(3)
                )
            )
        }
        return sessions
    }

    /// False if there were more than one piece may delete.
    private func deleteSamples(
        of session: Int64,
        before time: Int64,
        _ database: borrowing Database,
        _ count: inout Int64
    ) throws(SQLiteError) -> Bool {
        endOfSamples.bind(session, at: 1)
        let end = min(try endOfSamples.firstInteger() ?? .max, time)
        deleteSamples.bind(session, at: 1)
        deleteSamples.bind(end, at: 2)
        try deleteSamples.run()
        count += database.changedRowCount
        return end == time
    }
}
