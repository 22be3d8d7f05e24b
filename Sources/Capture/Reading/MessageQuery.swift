import Traffic

/// Finds messages by their ids, a bounded piece at a time: however long the record is and however few of its messages
/// pass the filter, no step holds the log for long.
struct MessageQuery {
    /// One piece, and where the next begins.
    struct Piece {
        var messages: [RecordedMessage] = []
        /// Everything up to this id was looked at.
        var lastID: Int64
    }

    /// So many ids are looked at in one step.
    static let idsPerStep: Int64 = 4096
    /// A step ends once it holds so many bytes of payload.
    private static let bytesPerStep = 1 << 20

    private let range: Statement
    private let forward: Statement
    private let backward: Statement

    /// - Parameter payloadLimit: how many bytes of each payload are wanted; nil for all.
    init(_ archive: Archive, _ filter: MessageFilter, payloadLimit: Int?) throws(SQLiteError) {
        let doing = "reading messages"
        let condition =
            "m.id > ?1 AND m.id <= ?2 AND (?3 IS NULL OR m.session_id = ?3) AND (?4 IS NULL OR m.direction = ?4)"
        let payload = payloadLimit.map { "substr(m.payload, 1, \(max(0, $0)))" } ?? "m.payload"
        range = try archive.database.prepare("SELECT min(id), max(id) FROM messages", doing: doing)
        forward = try archive.database.prepare(
            """
            SELECT m.id, m.session_id, s.route, m.direction, m.sequence, m.at_ns, m.byte_count, m.ending, m.kind,
                length(m.payload), \(payload)
            FROM messages AS m LEFT JOIN sessions AS s ON s.id = m.session_id WHERE \(condition) ORDER BY m.id
            """,
            doing: doing
        )
        backward = try archive.database.prepare(
            "SELECT m.id FROM messages AS m WHERE \(condition) ORDER BY m.id DESC LIMIT ?5",
            doing: doing
        )
        for statement in [forward, backward] {
            statement.bind(filter.session, at: 3)
            statement.bind(filter.direction.map { Int64($0.rawValue) }, at: 4)
        }
    }

    /// The smallest and the largest id there are, or nil if there is none.
    func bounds() throws(SQLiteError) -> ClosedRange<Int64>? {
        defer { range.reset() }
        guard try range.step(), let first = range.integer(0), let last = range.integer(1) else { return nil }
        return first...last
    }

    /// The messages above an id, and no further than another.
    func piece(after id: Int64, upTo last: Int64) throws(SQLiteError) -> Piece {
        let end = min(last, id + Self.idsPerStep)
        forward.bind(id, at: 1)
        forward.bind(end, at: 2)
        defer { forward.reset() }
        var piece = Piece(lastID: end)
        var byteCount = 0
        while try forward.step() {
            let message = Self.message(forward)
            byteCount += message.payload.count
            piece.messages.append(message)
            guard byteCount < Self.bytesPerStep else {
                piece.lastID = message.id
                break
            }
        }
        return piece
    }

    /// Of the ids in one step downwards, at most so many that pass, the largest first; and where the step ends.
    func idsBelow(_ id: Int64, atMost count: Int64) throws(SQLiteError) -> (ids: [Int64], end: Int64) {
        let end = max(0, id - 1 - Self.idsPerStep)
        backward.bind(end, at: 1)
        backward.bind(id - 1, at: 2)
        backward.bind(count, at: 5)
        defer { backward.reset() }
        var ids: [Int64] = []
        while try backward.step() { ids.append(backward.integer(0) ?? 0) }
        return (ids, end + 1)
    }

    private static func message(_ row: Statement) -> RecordedMessage {
        RecordedMessage(
            id: row.integer(0) ?? 0,
            session: row.integer(1) ?? 0,
            route: row.text(2),
            direction: row.integer(3) == 0 ? .upstream : .downstream,
            sequence: row.integer(4) ?? 0,
            at: Timestamp(nanosecondsSince1970: row.integer(5) ?? 0),
            byteCount: row.integer(6) ?? 0,
            ending: Ending(rawValue: UInt8(clamping: row.integer(7) ?? 4)) ?? .endOfStream,
            kind: row.text(8),
            storedByteCount: row.integer(9) ?? 0,
            payload: row.bytes(10)
        )
    }
}

extension Archive {
    /// All messages of a small capture.
    package static func messages(in path: String) throws(CaptureError) -> [RecordedMessage] {
        try read(path) { (archive) throws(CaptureError) in
            try archive.telling { () throws(SQLiteError) in
                let query = try MessageQuery(archive, MessageFilter(), payloadLimit: nil)
                guard let bounds = try query.bounds() else { return [] }
                return try query.piece(after: bounds.lowerBound - 1, upTo: bounds.upperBound).messages
            }
        }
    }
}
