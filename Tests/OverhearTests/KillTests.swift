import CSQLite
import Foundation
import Glibc
import Synchronization
import Testing

/// `kill -9` in the middle of everything. `OVERHEAR_KILLS` says how often (10).
@Suite(.serialized) struct `A relay that is killed` {
    private static let kills = ProcessInfo.processInfo.environment["OVERHEAR_KILLS"].flatMap { Int($0) } ?? 10
    /// What waits to be written never takes more.
    private static let bufferByteCount = 1 << 20

    @Test func `loses no more than it said it would, and its next start makes the record whole`() throws {
        try withEchoServer { server in
            let folder = try Folder()
            let record = Record(path: folder.file("overhear.db"))
            let arguments = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
                "--capture-buffer", "\(Self.bufferByteCount)", "--max-message-bytes", "64KiB",
                "--sample-interval", "20ms",
            ]
            var figures = Figures()
            // Hold their view across the kill and the next start.
            var lingering: [Reader] = []
            for round in 0..<Self.kills {
                // A small limit: pages are moved into the file, and old ones freed, many times a second. Where somebody
                // reads, or holds the log, it is a larger one, or recording would be suspended.
                let limit = ["--retain-bytes", round % 3 == 0 ? "32MiB" : "256MiB"]
                let relay = try RunningRelay(arguments + limit, folder: folder)
                try expectRecovered(record, relay, after: round)
                lingering.removeAll()
                let voices = (0..<6).map { Voice(at: relay.address, number: $0) }
                let reader = round % 3 == 0 ? nil : try FollowingReader(record.path)
                if round % 3 == 2 { lingering.append(try Reader(record.path, holdsView: true)) }
                usleep(.random(in: 20_000...500_000))
                relay.child.signal(SIGKILL)
                try relay.child.wait()
                let heard = try voices.map { try $0.count() }
                let seen = try reader?.end() ?? []
                try expectWhole(folder, relay, heard: heard, seen: seen, run: round + 1, &figures)
            }
            try withRelay(arguments: arguments, folder: folder) { relay throws in
                try expectRecovered(record, relay, after: Self.kills)
                lingering.removeAll()
            }
            #expect(try record.column("PRAGMA integrity_check") == ["ok"])
            #expect(try record.number("SELECT clean FROM runs ORDER BY id DESC LIMIT 1") == 1)
            print("NOTE \(Self.kills) kills: \(figures)")
        }
    }

    private struct Figures: CustomStringConvertible {
        var heard = 0
        var seen = 0
        var missing: [Int] = []

        var description: String {
            "\(heard) messages heard, \(seen) of them seen by readers before the kill and none of these missing; "
                + "missing at most \(missing.max() ?? 0), on average \(missing.reduce(0, +) / max(1, missing.count)) a kill"
        }
    }

    /// The files as the kill left them, looked at elsewhere.
    private func expectWhole(
        _ folder: Folder,
        _ relay: RunningRelay,
        heard: [Int],
        seen: [Reader.Row],
        run: Int,
        _ figures: inout Figures
    ) throws {
        let copy = try Folder()
        for name in ["overhear.db", "overhear.db-wal"] where folder.names.contains(name) {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
        }
        let record = Record(path: copy.file("overhear.db"))
        #expect(try record.column("PRAGMA integrity_check") == ["ok"])
        // Recovering makes the index anew, which a read-only shell may do in a folder it may write.
        let rows = try Reader(record.path).rows(after: 0)
        let first = rows.first?.id ?? 1
        #expect(rows.map(\.id) == Array(first..<first + Int64(rows.count)), "ids are dense")
        for row in seen where row.id >= first {
            let index = Int(row.id - first)
            #expect(index < rows.count && rows[index] == row, "message \(row.id) was seen and is not there")
        }
        // Of a direction of a session what is there is one piece: only its end is missing, what was pruned, or, where the
        // machine kept the disk from the relay for so long that recording was suspended, what the gaps say.
        let pieces = """
            SELECT max(sequence) AS last, max(sequence) - min(sequence) + 1 - count(*) AS holes
            FROM messages JOIN sessions ON sessions.id = session_id WHERE run_id = \(run) GROUP BY session_id, direction
            """
        let holes = try record.number("SELECT sum(holes) FROM (\(pieces))")
        let gaps = "FROM gaps WHERE run_id = \(run) AND reason <> 'unclean'"
        #expect(try holes <= record.number("SELECT sum(messages) \(gaps)"), "a hole that no gap tells of")
        // It was told of, and not only written down.
        let suspensions = relay.log.filter { $0.contains("capture.suspended") }.count
        let resumptions = relay.log.filter { $0.contains("capture.resumed") }.count
        #expect(try record.number("SELECT count(*) \(gaps)") <= suspensions, "\(relay.log)")
        // Each line was heard twice, on its way there and on its way back. What was heard and not told of may be there too.
        let missing = try max(0, 2 * heard.reduce(0, +) - record.number("SELECT sum(last) FROM (\(pieces))"))
        // A row counts for 64 bytes and its payload, and beyond the bound there is what one read brought. Of what passed while
        // recording was suspended nothing waited to be written.
        if suspensions == resumptions {
            #expect(missing * (64 + 10) <= Self.bufferByteCount + 256 << 10, "\(missing) are missing after kill \(run)")
        }
        figures.heard += 2 * heard.reduce(0, +)
        figures.seen += seen.count
        figures.missing.append(missing)
    }

    /// What the start after a kill has made of it.
    private func expectRecovered(_ record: Record, _ relay: RunningRelay, after kills: Int) throws {
        #expect(try record.number("SELECT max(id) FROM runs") == kills + 1)
        // Earlier ones may be too old to be kept.
        #expect(
            try record.number("SELECT count(*) FROM runs WHERE clean = 0 AND ended_at_ns NOTNULL AND id <= \(kills)")
                >= min(kills, 1)
        )
        #expect(try record.number("SELECT count(*) FROM runs WHERE clean IS NULL") == 1)
        #expect(try record.number("SELECT count(*) FROM sessions WHERE closed_at_ns IS NULL") == 0)
        #expect(try record.number("SELECT count(*) FROM sessions WHERE close_reason <> 'processEnded'") == 0)
        let gaps = "SELECT count(*) FROM gaps WHERE reason = 'unclean' AND messages IS NULL AND run_id = \(kills)"
        #expect(try record.number(gaps) == min(kills, 1))
        let told = relay.log.filter { $0.contains("capture.unclean") && $0.contains("run=\(kills)") }
        #expect(told.count == (kills == 0 ? 0 : 1), "\(relay.log)")
    }
}

/// A connection that may only read, used on one thread at a time.
private final class Reader: @unchecked Sendable {
    // Proof: made by one thread and handed to at most one other, which is waited for.
    struct Row: Equatable, Sendable {
        let id: Int64
        let session: Int64
        let sequence: Int64
        let byteCount: Int64
        /// Of some of what is stored.
        let checksum: UInt64
    }

    private var database: OpaquePointer?
    private var statement: OpaquePointer?

    /// - Parameter holdsView: what is written from now on it never sees, and keeps the log from being emptied.
    init(_ path: String, holdsView: Bool = false) throws {
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else {
            throw Trouble("cannot read \(path)")
        }
        sqlite3_busy_timeout(database, 10_000)
        let columns = "id, session_id, sequence, byte_count, payload"
        let select = "SELECT \(columns) FROM messages WHERE id > ? ORDER BY id"
        guard sqlite3_prepare_v2(database, select, -1, &statement, nil) == SQLITE_OK else {
            throw Trouble("cannot read \(path): \(String(cString: sqlite3_errmsg(database)))")
        }
        if holdsView { sqlite3_exec(database, "BEGIN; SELECT count(*) FROM sessions", nil, nil, nil) }
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close(database)
    }

    func rows(after id: Int64) throws -> [Row] {
        sqlite3_bind_int64(statement, 1, id)
        defer { sqlite3_reset(statement) }
        var rows: [Row] = []
        while true {
            let code = sqlite3_step(statement)
            guard code == SQLITE_ROW else {
                guard code == SQLITE_DONE else { throw Trouble("a reader got \(code)") }
                return rows
            }
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, 4),
                count: Int(sqlite3_column_bytes(statement, 4))
            )
            rows.append(
                Row(
                    id: sqlite3_column_int64(statement, 0),
                    session: sqlite3_column_int64(statement, 1),
                    sequence: sqlite3_column_int64(statement, 2),
                    byteCount: sqlite3_column_int64(statement, 3),
                    checksum: stride(from: 0, to: bytes.count, by: 97).reduce(14_695_981_039_346_656_037) {
                        ($0 ^ UInt64(bytes[$1])) &* 1_099_511_628_211
                    }
                )
            )
        }
    }
}

/// Reads each new message as soon as it is there, until told to end.
private final class FollowingReader: Sendable {
    private let isEnding = Atomic(false)
    private let thread = Mutex<Background<[Reader.Row]>?>(nil)

    init(_ path: String) throws {
        let reader = try Reader(path)
        let newest = Int64(try Record(path: path).number("SELECT max(id) FROM messages"))
        thread.withLock {
            $0 = Background { [self] in
                var seen: [Reader.Row] = []
                // Looks once more after it was told.
                var isLast = false
                while !isLast {
                    isLast = isEnding.load(ordering: .acquiring)
                    seen += try reader.rows(after: seen.last?.id ?? newest)
                    usleep(1000)
                }
                return seen
            }
        }
    }

    /// What it has seen.
    func end() throws -> [Reader.Row] {
        isEnding.store(true, ordering: .releasing)
        return try thread.withLock { $0 }?.wait() ?? []
    }
}
