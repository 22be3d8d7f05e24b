package import Traffic

/// What a capture holds, in numbers.
package struct Statistics: Equatable, Sendable {
    /// One table with its indices.
    package struct Table: Equatable, Sendable {
        package var name: String
        package var rows: Int64
        /// Of whole pages; nil where SQLite was built without the means to tell.
        package var bytes: Int64?
    }

    package struct Flow: Equatable, Sendable {
        package var messages: Int64 = 0
        /// On the wire.
        package var bytes: Int64 = 0
        package var storedBytes: Int64 = 0
    }

    /// The gaps of one reason.
    package struct Gaps: Equatable, Sendable {
        package var reason: String
        package var count: Int64
        /// As far as they could be counted.
        package var messages: Int64
        package var bytes: Int64
        /// So many could not be counted.
        package var uncounted: Int64
    }

    package var schemaVersion: Int64
    package var fileBytes: Int64
    package var logBytes: Int64
    /// Of the file, ready to be used again.
    package var freeBytes: Int64
    package var tables: [Table]
    /// Of the file, in no table: SQLite's own pages.
    package var otherBytes: Int64?
    package var oldest: Timestamp?
    package var newest: Timestamp?
    package var flows: PerDirection<Flow>
    /// Of these, what was heard in the minute before the newest message.
    package var lastMinute: PerDirection<Flow>
    package var openSessions: Int64
    package var gaps: [Gaps]

    /// What the rates over the whole record are taken over, in seconds.
    package var span: Double { seconds(upTo: .infinity) }
    /// The same for the last minute: less where the record is shorter.
    package var lastMinuteSpan: Double { seconds(upTo: 60) }

    private func seconds(upTo limit: Double) -> Double {
        guard let oldest, let newest else { return 0 }
        return min(limit, max(0, Double(newest.nanosecondsSince1970 - oldest.nanosecondsSince1970) / 1e9))
    }
}

/// Called now and then by what takes long, with what is done and what there is to do.
///
/// - Returns: false to have it end there.
package typealias Progress = (_ done: Int64, _ total: Int64) -> Bool

extension Archive {
    /// Counts everything there is at about this moment: rows in small steps, so that nothing holds the log for long.
    package func statistics(_ progress: Progress) throws(CaptureError) -> Statistics {
        let sizes = try atOneMoment { () throws(SQLiteError) in try Sizes(self) }
        let messages = try MessageCount(self, progress)
        return try telling { () throws(SQLiteError) in
            let doing = "counting rows"
            var tables = [sizes.table("messages", rows: messages.count)]
            for name in ["sessions", "gaps", "runs"] {
                let rows = try database.integer("SELECT count(*) FROM \(name)", doing: doing) ?? 0
                tables.append(sizes.table(name, rows: rows))
            }
            tables.insert(sizes.table("channel_samples", rows: try sampleCount()), at: 2)
            let open = "SELECT count(*) FROM sessions WHERE closed_at_ns IS NULL"
            return Statistics(
                schemaVersion: Migrations.newestVersion,
                fileBytes: sizes.space.byteCount,
                logBytes: CapturePaths.look(at: paths.log)?.byteCount ?? 0,
                freeBytes: sizes.space.freeByteCount,
                tables: tables,
                otherBytes: sizes.other,
                oldest: messages.oldest,
                newest: messages.newest,
                flows: messages.flows,
                lastMinute: messages.lastMinute,
                openSessions: hasWriter ? try database.integer(open, doing: doing) ?? 0 : 0,
                gaps: try gapsByReason()
            )
        }
    }

    /// By sessions, some at a time.
    private func sampleCount() throws(SQLiteError) -> Int64 {
        let doing = "counting channel samples"
        let step: Int64 = 512
        let count = try database.prepare(
            "SELECT count(*) FROM channel_samples WHERE session_id > ?1 AND session_id <= ?1 + \(step)",
            doing: doing
        )
        let next = try database.prepare(
            "SELECT min(session_id) FROM channel_samples WHERE session_id > ?",
            doing: doing
        )
        var total: Int64 = 0
        var position: Int64 = .min
        while true {
            next.bind(position, at: 1)
            guard let first = try next.firstInteger() else { return total }
            count.bind(first - 1, at: 1)
            total += try count.firstInteger() ?? 0
            position = first - 1 + step
        }
    }

    func gapsByReason() throws(SQLiteError) -> [Statistics.Gaps] {
        let rows = try database.prepare(
            """
            SELECT reason, count(*), coalesce(sum(messages), 0), coalesce(sum(bytes), 0), sum(messages IS NULL)
            FROM gaps GROUP BY reason ORDER BY reason
            """,
            doing: "counting gaps"
        )
        var gaps: [Statistics.Gaps] = []
        while try rows.step() {
            gaps.append(
                Statistics.Gaps(
                    reason: rows.text(0) ?? "",
                    count: rows.integer(1) ?? 0,
                    messages: rows.integer(2) ?? 0,
                    bytes: rows.integer(3) ?? 0,
                    uncounted: rows.integer(4) ?? 0
                )
            )
        }
        return gaps
    }
}

/// Who has which pages, at one moment.
///
/// The messages' are what the others leave: to count them would be to read them all, their payloads included.
private struct Sizes {
    let space: Space
    private var bytes: [String: Int64]?
    private(set) var other: Int64?

    init(_ archive: Archive) throws(SQLiteError) {
        space = try SpaceReader(archive.database).read()
        guard let statement = try? Self.prepare(archive.database) else { return }
        var bytes: [String: Int64] = [:]
        for table in ["sessions", "channel_samples", "gaps", "runs", "schema_migrations"] {
            statement.bind(table, at: 1)
            bytes[table] = try statement.firstInteger() ?? 0
        }
        let schema = try archive.database.integer(
            "SELECT sum(pgsize) FROM dbstat WHERE name = 'sqlite_schema'",
            doing: Self.doing
        )
        let own = (schema ?? 0) + (bytes["schema_migrations"] ?? 0) + Self.bookkeepingPages(space) * space.pageByteCount
        let others = ["sessions", "channel_samples", "gaps", "runs"].reduce(0) { $0 + (bytes[$1] ?? 0) }
        bytes["messages"] = space.usedByteCount - own - others
        self.bytes = bytes
        other = own
    }

    func table(_ name: String, rows: Int64) -> Statistics.Table {
        Statistics.Table(name: name, rows: rows, bytes: bytes?[name])
    }

    private static let doing = "measuring tables"

    private static func prepare(_ database: borrowing Database) throws(SQLiteError) -> Statement {
        try database.prepare(
            """
            SELECT sum((SELECT sum(pgsize) FROM dbstat WHERE dbstat.name = s.name)) FROM sqlite_schema AS s
            WHERE s.tbl_name = ? AND s.rootpage > 0
            """,
            doing: doing
        )
    }

    /// Pages that tell where others belong: with auto_vacuum the second, and then one before each run of as many as it has
    /// room for, 5 bytes each. The page around 1 GiB is never used (sqlite.org/fileformat2.html).
    private static func bookkeepingPages(_ space: Space) -> Int64 {
        let run = space.pageByteCount / 5 + 1
        let lockPage: Int64 = space.byteCount > 1 << 30 ? 1 : 0
        return (space.pageCount - 1 + run - 1) / run + lockPage
    }
}

/// All messages up to the newest there was at the beginning.
private struct MessageCount {
    private(set) var flows = PerDirection(both: Statistics.Flow())
    private(set) var lastMinute = PerDirection(both: Statistics.Flow())
    private(set) var oldest: Timestamp?
    private(set) var newest: Timestamp?

    var count: Int64 { flows.upstream.messages + flows.downstream.messages }

    private static let idsPerStep: Int64 = 16 << 10

    init(_ archive: Archive, _ progress: Progress) throws(CaptureError) {
        let bounds = try archive.atOneMoment { () throws(SQLiteError) in
            let bounds = try MessageQuery(archive, MessageFilter(), payloadLimit: 0).bounds()
            if let bounds {
                oldest = try Self.time(of: bounds.lowerBound, archive)
                newest = try Self.time(of: bounds.upperBound, archive)
            }
            return bounds
        }
        guard let bounds else { return }
        let minute = (newest?.nanosecondsSince1970 ?? 0) - 60_000_000_000
        let doing = "counting messages"
        let statement = try archive.telling { () throws(SQLiteError) in
            try archive.database.prepare(
                """
                SELECT direction, at_ns > ?3, count(*), sum(byte_count), sum(length(payload))
                FROM messages WHERE id > ?1 AND id <= ?2 GROUP BY 1, 2
                """,
                doing: doing
            )
        }
        var position = bounds.lowerBound - 1
        while position < bounds.upperBound {
            let end = min(bounds.upperBound, position + Self.idsPerStep)
            try archive.telling { () throws(SQLiteError) in
                statement.bind(position, at: 1)
                statement.bind(end, at: 2)
                statement.bind(minute, at: 3)
                defer { statement.reset() }
                while try statement.step() { add(statement) }
            }
            position = end
            guard progress(position - bounds.lowerBound + 1, bounds.upperBound - bounds.lowerBound + 1) else {
                throw CaptureError(.cancelled, "counting was cancelled")
            }
        }
    }

    private mutating func add(_ row: Statement) {
        let direction: Direction = row.integer(0) == 0 ? .upstream : .downstream
        flows[direction].add(row)
        if row.integer(1) == 1 { lastMinute[direction].add(row) }
    }

    private static func time(of id: Int64, _ archive: Archive) throws(SQLiteError) -> Timestamp? {
        let doing = "reading a message's time"
        let time = try archive.database.integer("SELECT at_ns FROM messages WHERE id = \(id)", doing: doing)
        return time.map(Timestamp.init(nanosecondsSince1970:))
    }
}

extension Statistics.Flow {
    fileprivate mutating func add(_ row: Statement) {
        messages += row.integer(2) ?? 0
        bytes += row.integer(3) ?? 0
        storedBytes += row.integer(4) ?? 0
    }
}
