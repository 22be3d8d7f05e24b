import Traffic

/// Messages of one episode that are not in the record: a gap, or a part of one.
struct Loss: Sendable {
    /// What the messages of one gap have in common: one suspension of the recorder, or one time that one loop dropped.
    struct Episode: Hashable, Sendable {
        let reason: GapReason
        /// 0 for the recorder itself, else the loop.
        let owner: UInt32
        let number: UInt64
    }

    let episode: Episode
    private(set) var from: Timestamp
    private(set) var to: Timestamp
    private(set) var messages: Int64
    private(set) var bytes: Int64

    init(_ episode: Episode, _ header: MessageHeader) {
        self.episode = episode
        from = header.at
        to = header.at
        messages = 1
        bytes = Int64(header.byteCount)
    }

    init(_ episode: Episode, from: Timestamp, to: Timestamp, messages: Int64, bytes: Int64) {
        self.episode = episode
        self.from = from
        self.to = to
        self.messages = messages
        self.bytes = bytes
    }

    mutating func add(_ header: MessageHeader) {
        from = min(from, header.at)
        to = max(to, header.at)
        messages += 1
        bytes += Int64(header.byteCount)
    }

    mutating func add(_ other: Loss) {
        from = min(from, other.from)
        to = max(to, other.to)
        messages += other.messages
        bytes += other.bytes
    }

    var gap: Gap { Gap(reason: episode.reason, from: from, to: to, messages: messages, bytes: bytes) }
}

extension Loss {
    /// What SQLite refused: all messages of these batches, as one gap. Nil if there are none.
    init?(refusing batches: [Batch]) {
        let rows = batches.flatMap(\.messages.rows)
        guard let first = rows.map(\.at).min(), let last = rows.map(\.at).max(), let row = rows.first else {
            return nil
        }
        self.init(
            Episode(reason: .error, owner: UInt32(truncatingIfNeeded: row.session), number: UInt64(bitPattern: first)),
            from: Timestamp(nanosecondsSince1970: first),
            to: Timestamp(nanosecondsSince1970: last),
            messages: Int64(rows.count),
            bytes: rows.reduce(0) { $0 + $1.byteCount }
        )
    }
}
