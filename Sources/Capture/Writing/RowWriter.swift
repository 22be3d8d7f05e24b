import Traffic

/// Puts batches into tables: the writer's prepared statements, and nothing else.
///
/// Within one transaction come first the sessions that began, then messages, then what sessions and channels look like
/// now, then the sessions that ended, then the gaps.
struct RowWriter {
    /// What a transaction moves forward: kept only if it commits.
    struct Position: Sendable {
        var nextMessageID: Int64
        /// The gaps that may still grow, by their episode.
        var gaps: [Loss.Episode: GapRow] = [:]

        /// Their rows may be gone: what is still to come of them makes new ones.
        mutating func forgetGaps(before time: Int64) {
            gaps = gaps.filter { $0.value.loss.to.nanosecondsSince1970 >= time }
        }
    }

    struct GapRow: Sendable {
        let rowID: Int64
        var loss: Loss
    }

    private let run: Int64
    private let routes: [String]
    private let messages: MessageWriter
    private let pace: Pace
    private let insertSession: Statement
    private let connectSession: Statement
    private let frameSession: Statement
    private let boundSession: Statement
    private let tallySession: Statement
    private let closeSession: Statement
    private let insertSample: Statement
    private let insertGap: Statement
    private let updateGap: Statement
    private var bounds = MessageBounds()

    init(_ database: borrowing Database, run: Int64, routes: [String], _ pace: Pace) throws(SQLiteError) {
        self.pace = pace
        self.run = run
        self.routes = routes
        messages = try MessageWriter(database, pace)
        insertSession = try database.prepare(
            """
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            doing: "inserting a session"
        )
        connectSession = try database.prepare(
            "UPDATE sessions SET upstream_address = ?2, connected_at_ns = ?3 WHERE id = ?1",
            doing: "updating a session that connected"
        )
        frameSession = try database.prepare(
            "UPDATE sessions SET framing = ?2 WHERE id = ?1",
            doing: "updating a session whose framing was recognised"
        )
        boundSession = try database.prepare(
            """
            UPDATE sessions SET first_message_id = coalesce(first_message_id, ?2), last_message_id = ?3,
                messages_upstream = max(messages_upstream, ?4), messages_downstream = max(messages_downstream, ?5)
            WHERE id = ?1
            """,
            doing: "updating a session's messages"
        )
        tallySession = try database.prepare(
            """
            UPDATE sessions SET bytes_upstream = ?2, bytes_downstream = ?3,
                messages_upstream = max(messages_upstream, ?4), messages_downstream = max(messages_downstream, ?5)
            WHERE id = ?1
            """,
            doing: "updating a session's tally"
        )
        closeSession = try database.prepare(
            """
            UPDATE sessions SET bytes_upstream = ?2, bytes_downstream = ?3,
                messages_upstream = ?4, messages_downstream = ?5, closed_at_ns = ?6, close_reason = ?7
            WHERE id = ?1
            """,
            doing: "closing a session"
        )
        insertSample = try database.prepare(
            "INSERT OR REPLACE INTO channel_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            doing: "inserting a channel sample"
        )
        insertGap = try database.prepare(
            "INSERT INTO gaps (run_id, reason, from_ns, to_ns, messages, bytes) VALUES (?, ?, ?, ?, ?, ?)",
            doing: "inserting a gap"
        )
        updateGap = try database.prepare(
            "UPDATE gaps SET from_ns = ?2, to_ns = ?3, messages = ?4, bytes = ?5 WHERE rowid = ?1",
            doing: "updating a gap"
        )
    }

    /// - Parameter countingMessages: leave the messages out, and count them as refused.
    mutating func write(
        _ batches: [Batch],
        countingMessages: Bool,
        to database: borrowing Database,
        _ position: inout Position
    ) throws(SQLiteError) {
        for batch in batches { try writeBeginnings(batch) }
        bounds.clear()
        if !countingMessages { try messages.write(batches, &position.nextMessageID, &bounds) }
        for bound in bounds.rows { try write(bound) }
        for batch in batches { try writeStates(batch) }
        for batch in batches {
            for loss in batch.losses { try write(loss, to: database, &position) }
        }
        if countingMessages, let loss = Loss(refusing: batches) { try write(loss, to: database, &position) }
    }

    /// Of statements that come by the session, as there may be thousands.
    private func run(_ statement: Statement) throws(SQLiteError) {
        try statement.run()
        pace.breathe()
    }

    private func writeBeginnings(_ batch: Batch) throws(SQLiteError) {
        for opening in batch.openings {
            insertSession.bind(opening.session.rawValue, at: 1)
            insertSession.bind(run, at: 2)
            insertSession.bind(routes.indices.contains(opening.route) ? routes[opening.route] : "", at: 3)
            insertSession.bind(opening.clientAddress, at: 4)
            insertSession.bind(opening.at.nanosecondsSince1970, at: 5)
            try run(insertSession)
        }
        for connection in batch.connections {
            connectSession.bind(connection.session.rawValue, at: 1)
            connectSession.bind(connection.upstreamAddress, at: 2)
            connectSession.bind(connection.at.nanosecondsSince1970, at: 3)
            try run(connectSession)
        }
        for recognition in batch.recognitions {
            frameSession.bind(recognition.session.rawValue, at: 1)
            frameSession.bind(recognition.framing, at: 2)
            try run(frameSession)
        }
    }

    private func write(_ bound: MessageBounds.Row) throws(SQLiteError) {
        boundSession.bind(bound.session, at: 1)
        boundSession.bind(bound.firstID, at: 2)
        boundSession.bind(bound.lastID, at: 3)
        boundSession.bind(bound.sequence.upstream, at: 4)
        boundSession.bind(bound.sequence.downstream, at: 5)
        try run(boundSession)
    }

    private func writeStates(_ batch: Batch) throws(SQLiteError) {
        for row in batch.tallies {
            Self.bind(row.tally, of: row.session, to: tallySession)
            try run(tallySession)
        }
        for sample in batch.samples { try write(sample) }
        for closing in batch.closings {
            Self.bind(closing.tally, of: closing.session, to: closeSession)
            closeSession.bind(closing.at.nanosecondsSince1970, at: 6)
            closeSession.bind(closing.reason.rawValue, at: 7)
            try run(closeSession)
        }
    }

    private static func bind(_ tally: SessionTally, of session: SessionID, to statement: Statement) {
        statement.bind(session.rawValue, at: 1)
        statement.bind(tally.bytes.upstream, at: 2)
        statement.bind(tally.bytes.downstream, at: 3)
        statement.bind(tally.messages.upstream, at: 4)
        statement.bind(tally.messages.downstream, at: 5)
    }

    private func write(_ sample: ChannelSample) throws(SQLiteError) {
        insertSample.bind(sample.session.rawValue, at: 1)
        insertSample.bind(Int64(sample.side.rawValue), at: 2)
        insertSample.bind(sample.at.nanosecondsSince1970, at: 3)
        insertSample.bind(sample.state.inputBytes, at: 4)
        insertSample.bind(sample.state.fifoItems, at: 5)
        insertSample.bind(sample.state.fifoBytes, at: 6)
        insertSample.bind(sample.state.fifoHighWaterBytes, at: 7)
        insertSample.bind(sample.state.bytesIn, at: 8)
        insertSample.bind(sample.state.bytesOut, at: 9)
        insertSample.bind(sample.state.reads, at: 10)
        insertSample.bind(sample.state.writes, at: 11)
        insertSample.bind(sample.state.partialWrites, at: 12)
        insertSample.bind(sample.state.pausedNanoseconds, at: 13)
        try run(insertSample)
    }

    /// A new gap, or more of one: the loops hand over their parts one after another.
    private func write(
        _ loss: Loss,
        to database: borrowing Database,
        _ position: inout Position
    ) throws(SQLiteError) {
        if var known = position.gaps[loss.episode] {
            known.loss.add(loss)
            updateGap.bind(known.rowID, at: 1)
            Self.bind(known.loss, to: updateGap, from: 2)
            try updateGap.run()
            position.gaps[loss.episode] = known
        } else {
            insertGap.bind(run, at: 1)
            insertGap.bind(loss.episode.reason.name, at: 2)
            Self.bind(loss, to: insertGap, from: 3)
            try insertGap.run()
            position.gaps[loss.episode] = GapRow(rowID: database.lastInsertedRowID, loss: loss)
        }
    }

    private static func bind(_ loss: Loss, to statement: Statement, from position: Int32) {
        statement.bind(loss.from.nanosecondsSince1970, at: position)
        statement.bind(loss.to.nanosecondsSince1970, at: position + 1)
        statement.bind(loss.messages, at: position + 2)
        statement.bind(loss.bytes, at: position + 3)
    }
}
