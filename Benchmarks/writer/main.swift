import CSQLite
import Capture
import Glibc
import Traffic

/// What the recorder's writer sustains alone, against a plain loop over SQLite's C interface that inserts the same rows
/// with the same settings: the ceiling. Rounds alternate; medians are shown.
///
///     swift run -c release writer-bench [FOLDER [ROUNDS]]
///
/// The recorder is told everything first, while somebody holds the database, so that its writer then has a core to itself
/// as the plain loops have. All payloads come from a ring that no cache holds.
struct Load {
    let name: String
    let byteCount: Int
    let rows: Int
    /// Rows in one transaction of the plain loops: about 4 MiB, as the recorder's are.
    var rowsPerTransaction: Int { max(64, (4 << 20) / (byteCount + 64) / 256 * 256) }
    /// Of the plain loop that inserts many: as many as the recorder's at most.
    var rowsPerStatement: Int { min(256, rowsPerTransaction / 4) }
}

func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

let ring: [UInt8] = {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<64 << 20).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}()

/// Where in the ring the payload of a row begins.
func place(of row: Int, _ byteCount: Int) -> Int { row &* byteCount % (ring.count - byteCount) }

func remove(_ path: String) {
    for suffix in ["", "-wal", "-shm", ".lock"] { unlink(path + suffix) }
}

// MARK: - The recorder

/// Rows a second, from the first commit until all are committed.
func recorder(_ load: Load, at path: String, limit: Int64?) throws -> Double {
    remove(path)
    defer { remove(path) }
    let run = RunDescription(version: "bench", processID: getpid(), host: "", configuration: "{}")
    var configuration = CaptureConfiguration(databasePath: path, routes: ["default"], run: run)
    configuration.retention = Retention(byteCount: limit, age: nil, messageCount: nil)
    configuration.bufferByteCount = 8 << 30
    configuration.stallLimit = .seconds(1000)
    let recorder = try Recorder.start(configuration) { event in
        if case .suspended = event { print("suspended: \(event)") }
    }
    let tap = recorder.makeTap {}
    let session = SessionID(rawValue: recorder.firstSessionID)
    let at = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_000)
    tap.sessionOpened(SessionOpening(session: session, route: 0, clientAddress: "c", at: at))
    var holder: OpaquePointer?
    check(sqlite3_open_v2(path, &holder, SQLITE_OPEN_READWRITE, nil), holder)
    defer { sqlite3_close(holder) }
    execute("BEGIN IMMEDIATE", holder)
    var header = MessageHeader(
        session: session,
        route: 0,
        direction: .upstream,
        ending: .terminator,
        sequence: 0,
        at: at,
        byteCount: load.byteCount
    )
    let bytes = ring.span.bytes
    for row in 1...load.rows {
        header.sequence = Int64(row)
        header.at = Timestamp(nanosecondsSince1970: at.nanosecondsSince1970 + Int64(row))
        let start = place(of: row, load.byteCount)
        tap.message(header, kind: nil, payload: bytes.extracting(start..<start + load.byteCount))
    }
    tap.flush()
    execute("ROLLBACK", holder)
    func rows(atLeast count: Int) -> Int {
        while true {
            let rows = Int(recorder.readings().rows.messages)
            if rows >= count { return rows }
            usleep(2000)
        }
    }
    let first = rows(atLeast: 1)
    let start = nanoseconds()
    _ = rows(atLeast: load.rows)
    let end = nanoseconds()
    guard recorder.finish(deadline: .seconds(60)) else { fatalError("the recorder did not end in time") }
    return Double(load.rows - first) / Double(end - start) * 1e9
}

// MARK: - Plain loops

func check(_ code: Int32, _ database: OpaquePointer?) {
    guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
        fatalError("SQLite: \(code) \(String(cString: sqlite3_errmsg(database)))")
    }
}

func execute(_ sql: String, _ database: OpaquePointer?) { check(sqlite3_exec(database, sql, nil, nil, nil), database) }

/// As fast as one can insert with so many rows a statement: nothing else is done. SQLite numbers them, what is the same for all
/// is bound once, and a statement that fails is not undone.
func plain(_ load: Load, at path: String, rowsPerStatement: Int, _ schema: Schema) -> Double {
    remove(path)
    defer { remove(path) }
    var database: OpaquePointer?
    check(
        sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil),
        database
    )
    defer { sqlite3_close(database) }
    execute("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000", database)
    execute("PRAGMA page_size = \(schema.pageByteCount)", database)
    execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", database)
    execute(
        "PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 33554432",
        database
    )
    execute(schema.table, database)
    let row = "(NULL, 1, 0, ?, ?, \(load.byteCount), 0, NULL, ?)"
    let values = Array(repeating: row, count: rowsPerStatement).joined(separator: ",")
    var insert: OpaquePointer?
    check(
        sqlite3_prepare_v2(database, "INSERT OR FAIL INTO messages VALUES \(values)", -1, &insert, nil),
        database
    )
    defer { sqlite3_finalize(insert) }
    let start = nanoseconds()
    ring.withUnsafeBytes { bytes in
        var id: Int64 = 1
        var logPages: Int32 = 0
        while id <= load.rows {
            execute("BEGIN IMMEDIATE", database)
            let end = min(id + Int64(load.rowsPerTransaction), Int64(load.rows) + 1)
            while id < end {
                var position: Int32 = 1
                for row in id..<id + Int64(rowsPerStatement) {
                    sqlite3_bind_int64(insert, position, row)
                    sqlite3_bind_int64(insert, position + 1, 1_700_000_000_000_000_000 + row)
                    let payload = bytes.baseAddress! + place(of: Int(row), load.byteCount)
                    sqlite3_bind_blob64(insert, position + 2, payload, UInt64(load.byteCount), nil)
                    position += 3
                }
                check(sqlite3_step(insert), database)
                sqlite3_reset(insert)
                id += Int64(rowsPerStatement)
            }
            withUnsafeMutablePointer(to: &logPages) { pages in
                let note:
                    @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 =
                        { pages, _, _, count in
                            pages?.storeBytes(of: count, as: Int32.self)
                            return SQLITE_OK
                        }
                sqlite3_wal_hook(database, note, pages)
                execute("COMMIT", database)
                sqlite3_wal_hook(database, nil, nil)
            }
            if Int(logPages) * schema.pageByteCount >= 16 << 20 {
                check(sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil), database)
            }
        }
    }
    return Double(load.rows) / Double(nanoseconds() - start) * 1e9
}

/// The table as the migrations make it, and the size of the recorder's pages.
struct Schema {
    let table: String
    let pageByteCount: Int

    init(at path: String) throws {
        remove(path)
        defer { remove(path) }
        let run = RunDescription(version: "bench", processID: getpid(), host: "", configuration: "{}")
        let recorder = try Recorder.start(CaptureConfiguration(databasePath: path, routes: [], run: run)) { _ in }
        _ = recorder.finish(deadline: .seconds(10))
        var database: OpaquePointer?
        check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil), database)
        defer { sqlite3_close(database) }
        var statement: OpaquePointer?
        let sql = "SELECT sql, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'messages'"
        check(sqlite3_prepare_v2(database, sql, -1, &statement, nil), database)
        defer { sqlite3_finalize(statement) }
        check(sqlite3_step(statement), database)
        table = String(cString: sqlite3_column_text(statement, 0))
        pageByteCount = Int(sqlite3_column_int64(statement, 1))
    }
}

// MARK: - Rounds

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

func hundredths(_ value: Double) -> String {
    let count = Int((value * 100).rounded())
    return
        "\(count / 100).\(padded("\(count % 100)", to: 2).split(separator: " ", omittingEmptySubsequences: false).joined(separator: "0"))"
}

let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "/tmp"
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 5 : 5
let path = "\(folder)/writer-bench-\(getpid()).db"
let loads = [
    Load(name: "64 B", byteCount: 64, rows: 128 * 16_384),
    Load(name: "1 KiB", byteCount: 1024, rows: 128 * 2048),
    // No more than 128 MiB: beyond that it is the machine's fresh memory that is measured, of which the recorder takes twice.
    Load(name: "64 KiB", byteCount: 65_536, rows: 128 * 16),
]
let schema = try Schema(at: path)
print(
    "payload   row by row   many rows a statement   recorder   of the better   recorder that prunes to 64 MiB   (rows/s, medians of \(rounds))"
)
for load in loads {
    var figures: [[Double]] = [[], [], [], []]
    for _ in 0..<rounds {
        figures[0].append(plain(load, at: path, rowsPerStatement: 1, schema))
        figures[1].append(plain(load, at: path, rowsPerStatement: load.rowsPerStatement, schema))
        figures[2].append(try recorder(load, at: path, limit: nil))
        figures[3].append(try recorder(load, at: path, limit: 64 << 20))
    }
    let medians = figures.map(median)
    let columns = [
        padded(load.name, to: 7), padded("\(Int(medians[0]))", to: 10), padded("\(Int(medians[1]))", to: 21),
        padded("\(Int(medians[2]))", to: 8), padded(hundredths(medians[2] / max(medians[0], medians[1])), to: 13),
        padded("\(Int(medians[3]))", to: 30),
    ]
    print(columns.joined(separator: "   "))
}
