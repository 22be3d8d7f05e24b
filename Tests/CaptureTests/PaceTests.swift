import CSQLite
import Foundation
import Testing

@testable import Capture

/// A pace by a clock turned by hand, which counts how often it lets others run.
private final class Walk {
    var now: Int64 = 0
    var isBehind = false
    /// How long others run when they are let.
    var yielding: Int64 = 0
    private(set) var yields = 0

    /// - Parameter step: how far the clock goes on each time somebody looks.
    func pace(step: Int64 = 0) -> Pace {
        Pace(
            isBehind: { self.isBehind },
            clock: {
                self.now += step
                return self.now
            },
            yield: {
                self.yields += 1
                self.now += self.yielding
            }
        )
    }
}

@Suite struct `The writer's pace` {
    @Test func `lets others run once a tenth of a millisecond was worked`() {
        let walk = Walk()
        let pace = walk.pace()
        walk.now += 99_999
        pace.breathe()
        #expect(walk.yields == 0)
        walk.now += 1
        pace.breathe()
        pace.breathe()
        #expect(walk.yields == 1, "the stretch begins anew")
        walk.now += 5_000_000
        pace.breathe()
        #expect(walk.yields == 2, "once, however long it took")
    }

    @Test func `lets nobody run while the writer is behind`() {
        let walk = Walk()
        let pace = walk.pace()
        walk.isBehind = true
        walk.now += 1_000_000
        pace.breathe()
        #expect(walk.yields == 0)
        walk.isBehind = false
        pace.breathe()
        #expect(walk.yields == 0, "its share was just taken")
        walk.now += 100_000
        pace.breathe()
        #expect(walk.yields == 1)
    }

    @Test func `lets nobody run for a while where others fill the core`() {
        let walk = Walk()
        let pace = walk.pace()
        func work(_ nanoseconds: Int64) -> Int {
            walk.now += nanoseconds
            pace.breathe()
            return walk.yields
        }
        walk.yielding = 2_000_000
        #expect(work(100_000) == 1)
        walk.yielding = 50_000
        #expect(work(99_999_999) == 1)
        #expect(work(1) == 2)
        #expect(work(100_000) == 3, "they fill it no more")
    }

    /// A message had to wait five milliseconds behind a checkpoint of 16 MiB.
    @Test func `is kept inside a checkpoint, and only on the writer's thread`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
        let path = folder.appending(path: "paced.db").path
        let database = try Database(uri: Database.uri(path: path), flags: flags)
        try database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0", doing: "opening a log")
        func write() throws {
            try database.execute(
                """
                CREATE TABLE IF NOT EXISTS blobs (bytes BLOB);
                DELETE FROM blobs;
                INSERT INTO blobs VALUES (zeroblob(1000 * 4096))
                """,
                doing: "writing a thousand pages"
            )
        }
        try write()
        let walk = Walk()
        let pace = walk.pace(step: Pace.stretchNanoseconds)
        PacedWrites.begin(pace)
        let pages = try database.checkpoint(truncating: false).logPages
        #expect(pages >= 1000)
        #expect(walk.yields >= 1000)
        let before = walk.yields
        let other = DispatchSemaphore(value: 0)
        Thread {
            PacedWrites.end()
            other.signal()
        }.start()
        other.wait()
        try write()
        #expect(walk.yields > before, "another thread's end is not ours")
        PacedWrites.end()
        let after = walk.yields
        try write()
        _ = try database.checkpoint(truncating: true)
        #expect(walk.yields == after)
        withExtendedLifetime(pace) {}
    }
}
