import CSQLite
package import Traffic

/// A copy of a capture as it was at one moment, made while a relay writes it.
///
/// Neither of SQLite's own ways will do. `VACUUM INTO` reads everything in one transaction, and while that lasts the
/// writer's log can only grow, up to where it stops recording; the backup interface begins again whenever somebody
/// commits. But a record only grows at one end and shrinks at the other: messages never change and come in the order of
/// their ids. So what is there is copied in small transactions, row by row; and then one last transaction, which has
/// little left to do, copies what came since, all sessions, runs and gaps. The copy is what that transaction saw.
///
/// (One thing it may have besides: samples that were deleted, because they were old, while it was made.)
package struct Snapshot: Equatable, Sendable {
    package let messages: Int64
    package let sessions: Int64
    package let samples: Int64
    package let gaps: Int64
    package let byteCount: Int64
    /// When the last message in it was heard.
    package let newest: Timestamp?

    /// Copies the capture of one name to a file of another, which must not exist.
    package static func make(
        of source: String,
        at target: String,
        _ progress: Progress
    ) throws(CaptureError) -> Snapshot {
        try make(of: source, at: target, betweenSteps: {}, progress)
    }

    /// - Parameter betweenSteps: for tests.
    static func make(
        of source: String,
        at target: String,
        betweenSteps: @escaping () -> Void,
        _ progress: Progress
    ) throws(CaptureError) -> Snapshot {
        let file = try SnapshotFile(path: target)
        do throws(CaptureError) {
            let snapshot = try Archive.read(source) { (archive) throws(CaptureError) in
                try file.create()
                var copier: Copier?
                do throws(SQLiteError) {
                    copier = try Copier(archive, file.partialPath, betweenSteps)
                    let snapshot = try copier?.copy(progress)
                    copier = nil
                    return snapshot
                } catch {
                    throw Copier.told(error, archive, target)
                }
            }
            guard let snapshot else { throw CaptureError(.cancelled, "the snapshot was cancelled") }
            try file.name()
            return snapshot
        } catch {
            file.discard()
            throw error
        }
    }
}

/// The work on one copy. The connection to it closes with this.
private final class Copier {
    private let archive: Archive
    private let copy: Database
    private let betweenSteps: () -> Void
    private let messagesToCopy: Statement
    private let samplesToCopy: Statement
    private let insertMessage: Statement
    private let insertSample: Statement
    private var lastMessageID: Int64 = 0

    private static let rowsPerStep: Int64 = 4096
    private static let bytesPerStep = 1 << 20
    /// So few messages are left to the last transaction, unless they come faster than they can be copied.
    private static let messagesLeft: Int64 = 4096
    /// What fails with this was the copy's doing.
    private static let writing = "writing the snapshot"
    private static let reading = "reading for the snapshot"

    init(_ archive: Archive, _ path: String, _ betweenSteps: @escaping () -> Void) throws(SQLiteError) {
        self.archive = archive
        self.betweenSteps = betweenSteps
        copy = try Self.makeDatabase(path)
        messagesToCopy = try archive.database.prepare(
            "SELECT id, length(payload), * FROM messages WHERE id > ?1 AND id <= ?2 ORDER BY id",
            doing: Self.reading
        )
        samplesToCopy = try archive.database.prepare(
            """
            SELECT * FROM channel_samples WHERE (session_id, at_ns, side) > (?1, ?2, ?3)
            ORDER BY session_id, at_ns, side LIMIT \(Self.rowsPerStep)
            """,
            doing: Self.reading
        )
        insertMessage = try copy.prepare("INSERT INTO messages VALUES (?,?,?,?,?,?,?,?,?)", doing: Self.writing)
        insertSample = try copy.prepare(
            "INSERT OR REPLACE INTO channel_samples VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            doing: Self.writing
        )
    }

    /// Nil if it was cancelled.
    func copy(_ progress: Progress) throws(SQLiteError) -> Snapshot? {
        try copy.execute("BEGIN", doing: Self.writing)
        let liveBefore = try liveSessions()
        guard try copySamples(progress), try copyMessages(progress) else { return nil }
        betweenSteps()
        try archive.database.execute("BEGIN", doing: Self.reading)
        let oldestID: Int64
        do throws(SQLiteError) {
            oldestID = try copyRest(liveBefore)
            try archive.database.execute("COMMIT", doing: Self.reading)
        } catch {
            try? archive.database.execute("ROLLBACK", doing: Self.reading)
            throw error
        }
        // What was deleted since it was copied.
        try copy.execute("DELETE FROM messages WHERE id < \(oldestID)", doing: Self.writing)
        try copy.execute("PRAGMA incremental_vacuum; COMMIT", doing: Self.writing)
        let snapshot = try summary()
        // As a capture is: a relay may go on in it.
        _ = try copy.text("PRAGMA journal_mode = WAL", doing: Self.writing)
        return snapshot
    }

    // MARK: - Before the last transaction

    /// Which sessions can have no more samples than they have: those that are closed, and not among these.
    private struct LiveSessions {
        let open: [Int64]
        /// Among those above `floor`.
        let closed: Set<Int64>
        let floor: Int64

        /// Sessions are not always recorded in the order of their ids, but never out of it by so many.
        static let disorder: Int64 = 100_000
    }

    private func liveSessions() throws(SQLiteError) -> LiveSessions {
        let newest = try archive.database.integer("SELECT max(id) FROM sessions", doing: Self.reading) ?? 0
        let floor = newest - LiveSessions.disorder
        return LiveSessions(
            open: try ids("SELECT id FROM sessions WHERE closed_at_ns IS NULL"),
            closed: Set(try ids("SELECT id FROM sessions WHERE id > \(floor) AND closed_at_ns IS NOT NULL")),
            floor: floor
        )
    }

    private func ids(_ sql: String) throws(SQLiteError) -> [Int64] {
        let rows = try archive.database.prepare(sql, doing: Self.reading)
        var ids: [Int64] = []
        while try rows.step() { ids.append(rows.integer(0) ?? 0) }
        return ids
    }

    private func copySamples(_ progress: Progress) throws(SQLiteError) -> Bool {
        var last: (session: Int64, at: Int64, side: Int64) = (.min, .min, .min)
        while true {
            samplesToCopy.bind(last.session, at: 1)
            samplesToCopy.bind(last.at, at: 2)
            samplesToCopy.bind(last.side, at: 3)
            var count: Int64 = 0
            while try samplesToCopy.step() {
                insertSample.bind(rowOf: samplesToCopy)
                try insertSample.run()
                last = (
                    samplesToCopy.integer(0) ?? 0, samplesToCopy.integer(2) ?? 0, samplesToCopy.integer(1) ?? 0
                )
                count += 1
            }
            samplesToCopy.reset()
            betweenSteps()
            guard progress(0, 0) else { return false }
            if count < Self.rowsPerStep { return true }
        }
    }

    /// Up to the end as it is, again and again, as long as that brings the end nearer.
    private func copyMessages(_ progress: Progress) throws(SQLiteError) -> Bool {
        var lead = Int64.max
        while let bounds = try MessageQuery(archive, MessageFilter(), payloadLimit: 0).bounds() {
            lastMessageID = max(lastMessageID, bounds.lowerBound - 1)
            let left = bounds.upperBound - lastMessageID
            guard left > Self.messagesLeft, left < lead else { return true }
            lead = left
            while lastMessageID < bounds.upperBound {
                try copyMessagePiece(upTo: bounds.upperBound)
                betweenSteps()
                let done = lastMessageID - bounds.lowerBound + 1
                guard progress(done, bounds.upperBound - bounds.lowerBound + 1) else { return false }
            }
        }
        return true
    }

    private func copyMessagePiece(upTo end: Int64) throws(SQLiteError) {
        let pieceEnd = min(end, lastMessageID + Self.rowsPerStep)
        messagesToCopy.bind(lastMessageID, at: 1)
        messagesToCopy.bind(pieceEnd, at: 2)
        defer { messagesToCopy.reset() }
        var byteCount = 0
        while try messagesToCopy.step() {
            insertMessage.bind(rowOf: messagesToCopy, from: 2)
            try insertMessage.run()
            byteCount += Int(messagesToCopy.integer(1) ?? 0)
            guard byteCount < Self.bytesPerStep else {
                lastMessageID = messagesToCopy.integer(0) ?? pieceEnd
                return
            }
        }
        lastMessageID = pieceEnd
    }

    // MARK: - The last transaction

    /// - Returns: the oldest message's id, or what would come after all of them if there is none.
    private func copyRest(_ before: LiveSessions) throws(SQLiteError) -> Int64 {
        let bounds = try MessageQuery(archive, MessageFilter(), payloadLimit: 0).bounds()
        if let bounds {
            lastMessageID = max(lastMessageID, bounds.lowerBound - 1)
            while lastMessageID < bounds.upperBound { try copyMessagePiece(upTo: bounds.upperBound) }
        }
        try copy.execute("DELETE FROM schema_migrations", doing: Self.writing)
        for table in ["schema_migrations", "runs", "sessions", "gaps"] { try copyTable(table) }
        try copyLatestSamples(before)
        return bounds?.lowerBound ?? .max
    }

    private func copyTable(_ name: String) throws(SQLiteError) {
        let rows = try archive.database.prepare("SELECT * FROM \(name) ORDER BY rowid", doing: Self.reading)
        let places = Array(repeating: "?", count: Int(rows.columnCount)).joined(separator: ",")
        let insert = try copy.prepare("INSERT INTO \(name) VALUES (\(places))", doing: Self.writing)
        while try rows.step() {
            insert.bind(rowOf: rows)
            try insert.run()
        }
    }

    /// Of the sessions that were open or have come since, what the copy does not have yet.
    private func copyLatestSamples(_ before: LiveSessions) throws(SQLiteError) {
        let recent = try ids("SELECT id FROM sessions WHERE id > \(before.floor)")
        let sessions = Set(before.open).union(recent).subtracting(before.closed)
        let latest = try copy.prepare(
            "SELECT max(at_ns) FROM channel_samples WHERE session_id = ?",
            doing: Self.writing
        )
        let rows = try archive.database.prepare(
            "SELECT * FROM channel_samples WHERE session_id = ? AND at_ns >= ?",
            doing: Self.reading
        )
        for session in sessions.sorted() {
            latest.bind(session, at: 1)
            rows.bind(session, at: 1)
            rows.bind(try latest.firstInteger() ?? .min, at: 2)
            while try rows.step() {
                insertSample.bind(rowOf: rows)
                try insertSample.run()
            }
            rows.reset()
        }
    }

    private func summary() throws(SQLiteError) -> Snapshot {
        func count(_ table: String) throws(SQLiteError) -> Int64 {
            try copy.integer("SELECT count(*) FROM \(table)", doing: Self.writing) ?? 0
        }
        let newest = try copy.integer("SELECT at_ns FROM messages ORDER BY id DESC LIMIT 1", doing: Self.writing)
        return Snapshot(
            messages: try count("messages"),
            sessions: try count("sessions"),
            samples: try count("channel_samples"),
            gaps: try count("gaps"),
            byteCount: try SpaceReader(copy).read().byteCount,
            newest: newest.map(Timestamp.init(nanosecondsSince1970:))
        )
    }

    // MARK: - The copy

    /// Without a journal and without syncing: it is synced once it is whole, and gone if it does not become so.
    private static func makeDatabase(_ path: String) throws(SQLiteError) -> Database {
        let database = try Database(
            uri: Database.uri(path: path),
            flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        )
        try database.execute(CaptureFile.layout, doing: writing)
        try database.execute("PRAGMA cache_size = -16000", doing: writing)
        try database.execute("PRAGMA application_id = \(CaptureFile.applicationID)", doing: writing)
        try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", doing: writing)
        _ = try Migrations.apply(to: database, at: Clock.now)
        return database
    }

    static func told(_ error: SQLiteError, _ archive: Archive, _ target: String) -> CaptureError {
        guard error.doing == writing || error.doing.hasPrefix("applying") else { return archive.told(error) }
        return CaptureError(.inputOutput, "cannot write \(target): \(error): make room, or choose another place")
    }
}
