package import Traffic

/// One session as it lies in the record. What a live one has passed is as old as its last sample.
package struct RecordedSession: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// A relay is at it.
        case open
        /// Its relay ended without closing it; the next start will.
        case unfinished
        /// Closed, with a name of `CloseReason`, or one that a newer overhear knows.
        case closed(String)
    }

    package var id: Int64
    package var run: Int64
    package var route: String
    package var clientAddress: String
    /// Nil until it is connected.
    package var upstreamAddress: String?
    package var state: State
    package var openedAt: Timestamp
    package var connectedAt: Timestamp?
    package var closedAt: Timestamp?
    package var bytes: PerDirection<Int64>
    package var messages: PerDirection<Int64>
    package var firstMessageID: Int64?
    package var lastMessageID: Int64?

    package var isOpen: Bool { state == .open }
}

extension Archive {
    /// The open sessions and then the others, the newest of each first.
    ///
    /// - Parameter onlyOpen: leave the others out.
    package func sessions(atMost count: Int64, onlyOpen: Bool) throws(CaptureError) -> [RecordedSession] {
        let hasWriter = hasWriter
        return try atOneMoment { () throws(SQLiteError) in
            // Whose relay is gone is not open, though nobody has closed it.
            let open = hasWriter ? try sessions("closed_at_ns IS NULL", atMost: count, hasWriter: true) : []
            guard !onlyOpen else { return open }
            let others = hasWriter ? "closed_at_ns IS NOT NULL" : "true"
            return open + (try sessions(others, atMost: count - Int64(open.count), hasWriter: hasWriter))
        }
    }

    private func sessions(
        _ condition: String,
        atMost count: Int64,
        hasWriter: Bool
    ) throws(SQLiteError) -> [RecordedSession] {
        let rows = try database.prepare(
            """
            SELECT id, run_id, route, client_address, upstream_address, opened_at_ns, connected_at_ns, closed_at_ns,
                close_reason, bytes_upstream, bytes_downstream, messages_upstream, messages_downstream,
                first_message_id, last_message_id
            FROM sessions WHERE \(condition) ORDER BY id DESC LIMIT ?
            """,
            doing: "reading sessions"
        )
        rows.bind(count, at: 1)
        var sessions: [RecordedSession] = []
        while try rows.step() { sessions.append(Self.session(rows, hasWriter: hasWriter)) }
        return sessions
    }

    private static func session(_ row: Statement, hasWriter: Bool) -> RecordedSession {
        let closedAt = row.integer(7).map(Timestamp.init(nanosecondsSince1970:))
        let state: RecordedSession.State =
            if closedAt != nil { .closed(row.text(8) ?? "") } else if hasWriter { .open } else { .unfinished }
        return RecordedSession(
            id: row.integer(0) ?? 0,
            run: row.integer(1) ?? 0,
            route: row.text(2) ?? "",
            clientAddress: row.text(3) ?? "",
            upstreamAddress: row.text(4),
            state: state,
            openedAt: Timestamp(nanosecondsSince1970: row.integer(5) ?? 0),
            connectedAt: row.integer(6).map(Timestamp.init(nanosecondsSince1970:)),
            closedAt: closedAt,
            bytes: PerDirection(upstream: row.integer(9) ?? 0, downstream: row.integer(10) ?? 0),
            messages: PerDirection(upstream: row.integer(11) ?? 0, downstream: row.integer(12) ?? 0),
            firstMessageID: row.integer(13),
            lastMessageID: row.integer(14)
        )
    }
}
