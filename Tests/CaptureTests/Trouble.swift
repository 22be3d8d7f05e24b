import CSQLite
import Glibc
import Synchronization
import Testing

@testable import Capture

/// A connection that does what it should not: holds a write transaction open.
final class RudeShell {
    private var handle: OpaquePointer?

    init(_ path: String) {
        sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil)
        sqlite3_busy_timeout(handle, 10_000)
    }

    deinit { sqlite3_close_v2(handle) }

    func run(_ sql: String) -> Int32 { sqlite3_exec(handle, sql, nil, nil, nil) }
}

/// A disk of 1000 MiB, as full as a test likes.
final class Disk: Sendable {
    private let available: Atomic<Int64>

    init(available: Int64) { self.available = Atomic(available) }

    func set(available: Int64) { self.available.store(available, ordering: .sequentiallyConsistent) }

    func look() -> Filesystem {
        Filesystem(byteCount: 1000 << 20, availableByteCount: available.load(ordering: .sequentiallyConsistent))
    }
}

/// Lets a test stop the writer in mid-work, or forbid it to grow the file.
final class Brake: Sendable {
    private let isOn = Monitor(false)
    private let pageLimit = Atomic<Int>(0)

    func set(_ on: Bool) { isOn.change { $0 = on } }
    func limitPages(to count: Int) { pageLimit.store(count, ordering: .sequentiallyConsistent) }

    func apply(_ database: borrowing Database) {
        let _: Void? = isOn.wait(until: nil) { $0 ? nil : () }
        let limit = pageLimit.load(ordering: .sequentiallyConsistent)
        if limit > 0 { try? database.execute("PRAGMA max_page_count = \(limit)", doing: "braking") }
    }
}

extension CaptureConfiguration {
    mutating func brake(_ brake: Brake) { beforeTransaction = { brake.apply($0) } }
}

/// For every stream, what is recorded and what the gaps count is what was said.
func expectWhole(_ folder: Folder, messages: Int, bytes: Int) {
    let sums =
        "SELECT (SELECT count(*) FROM messages) + (SELECT coalesce(sum(messages), 0) FROM gaps), "
        + "(SELECT sum(byte_count) FROM messages) + (SELECT coalesce(sum(bytes), 0) FROM gaps)"
    #expect(sqlite(folder.database, sums) == "\(messages)|\(bytes)")
}

/// Numbers that are random and yet the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Runs something on a thread of its own, to be joined.
func thread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
        return nil
    }
    pthread_create(&thread, nil, start, Unmanaged.passRetained(Box(body)).toOpaque())
    return thread
}
