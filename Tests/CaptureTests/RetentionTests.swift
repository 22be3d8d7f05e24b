import CSQLite
import Glibc
import Testing
import Traffic

@testable import Capture

/// A capture with whatever a test puts into it, and a pruner on it, as an offline pruning has them.
private final class Store {
    let folder = Folder()
    let database: Database
    /// Seconds since 1970 at which the test takes place.
    static let now: Int64 = 1_700_000_000

    init() throws {
        let play = try Play(configuration(folder))
        #expect(play.finish())
        database = try Database(uri: Database.uri(path: folder.database), flags: SQLITE_OPEN_READWRITE)
        try database.execute("PRAGMA wal_autocheckpoint = 0", doing: "preparing")
    }

    func run(_ sql: String) throws { try database.execute(sql, doing: "preparing a test") }

    func number(_ sql: String) throws -> Int64 { try database.integer(sql, doing: "looking") ?? 0 }

    /// One message a second up to now, of this many bytes, all of session 1.
    func addMessages(_ count: Int, byteCount: Int = 1000) throws {
        try run(
            """
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns, first_message_id, last_message_id)
            VALUES (1, 1, 'default', 'c', (\(Self.now) - \(count)) * 1000000000, 1, \(count));
            WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO messages (id, session_id, direction, sequence, at_ns, byte_count, ending, payload)
            SELECT i, 1, 0, i, (\(Self.now) - \(count) + i) * 1000000000, \(byteCount), 0, randomblob(\(byteCount)) FROM n
            """
        )
    }

    /// Two samples a second of a session that is open, up to now.
    func addSamples(_ count: Int, session: Int, openedBefore seconds: Int) throws {
        try run(
            """
            INSERT OR IGNORE INTO sessions (id, run_id, route, client_address, opened_at_ns)
            VALUES (\(session), 1, 'default', 'c', (\(Self.now) - \(seconds)) * 1000000000);
            WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO channel_samples
            SELECT \(session), side, (\(Self.now) - \(count) + i) * 1000000000, 0, 0, 0, 0, i, i, i, i, 0, 0
            FROM n, (SELECT 0 AS side UNION SELECT 1)
            """
        )
    }

    /// Prunes until there is nothing to do. Answers the sum, and the most rows in one transaction.
    @discardableResult
    func prune(
        _ retention: Retention,
        secondsLater: Int64 = 0,
        isIdle: Bool = true
    ) throws -> (sum: Pruner.Pruned, most: Int64) {
        var pruner = try Pruner(database, retention, Pace(isBehind: { false }))
        var sum = Pruner.Pruned()
        var most: Int64 = 0
        let now = Timestamp(nanosecondsSince1970: (Self.now + secondsLater) * 1_000_000_000)
        for _ in 0..<100_000 {
            guard let pruned = try pruner.pruneSome(of: database, at: now, isIdle: isIdle) else { return (sum, most) }
            sum.messages += pruned.messages
            sum.samples += pruned.samples
            sum.sessions += pruned.sessions
            sum.gaps += pruned.gaps
            sum.pages += pruned.pages
            most = max(most, pruned.messages + pruned.samples + pruned.sessions + pruned.gaps)
        }
        Issue.record("pruning does not come to an end")
        return (sum, most)
    }

    var usedByteCount: Int64 {
        get throws { try SpaceReader(database).read().usedByteCount }
    }
}

@Suite struct `What is kept` {
    private let nothing = Retention(byteCount: nil, age: nil, messageCount: nil)

    @Test func `without limits deletes nothing`() throws {
        let store = try Store()
        try store.addMessages(10)
        #expect(try store.prune(nothing).sum == Pruner.Pruned())
    }

    @Test func `by number keeps the newest messages, to the last one`() throws {
        let store = try Store()
        try store.addMessages(20_000, byteCount: 10)
        let pruned = try store.prune(Retention(byteCount: nil, age: nil, messageCount: 77))
        #expect(pruned.sum.messages == 20_000 - 77)
        #expect(pruned.most <= 16 << 10)
        #expect(try store.number("SELECT min(id) FROM messages") == 20_000 - 76)
    }

    @Test func `by age keeps what is younger, of every table`() throws {
        let store = try Store()
        try store.addMessages(1000)
        try store.addSamples(1000, session: 2, openedBefore: 1000)
        try store.run(
            """
            UPDATE sessions SET closed_at_ns = \(Store.now)000000000 WHERE id = 1;
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns, closed_at_ns) VALUES
                (3, 1, 'default', 'c', 1, 2), (4, 1, 'default', 'c', 1, \(Store.now)000000000);
            INSERT INTO gaps (run_id, reason, from_ns, to_ns) VALUES
                (1, 'stalled', 1, 2), (1, 'stalled', 1, \(Store.now)000000000)
            """
        )
        // Opened later than others and yet younger than the horizon: not reached, and not harmed.
        let pruned = try store.prune(Retention(byteCount: nil, age: .seconds(100), messageCount: nil)).sum
        #expect(pruned.messages == 899)
        #expect(pruned.samples == 2 * 899)
        #expect(pruned.sessions == 1)
        #expect(pruned.gaps == 1)
        let horizon = "(\(Store.now) - 100) * 1000000000"
        #expect(try store.number("SELECT min(at_ns) = \(horizon) FROM messages") == 1)
        #expect(try store.number("SELECT min(at_ns) = \(horizon) FROM channel_samples") == 1)
        #expect(try store.number("SELECT group_concat(id, '') FROM (SELECT id FROM sessions ORDER BY id)") == 124)
    }

    @Test func `by size keeps the newest, and deletes no more than it must`() throws {
        let store = try Store()
        try store.addMessages(40_000)
        let retention = Retention(byteCount: 32 << 20, age: nil, messageCount: nil)
        let limits = SizeLimits(retention)
        let before = try store.usedByteCount
        #expect(before > 40_000_000)
        let pruned = try store.prune(retention)
        #expect(try store.usedByteCount <= limits.used!)
        #expect(try store.usedByteCount > limits.used! - 2 * limits.transaction)
        #expect(try store.number("SELECT max(id) - min(id) + 1 = count(*) FROM messages") == 1)
        #expect(try store.number("SELECT max(id) FROM messages") == 40_000)
        #expect(pruned.sum.pages > 0)
        #expect(try SpaceReader(store.database).read().byteCount <= limits.file!)
        #expect(sqlite(store.folder.database, "PRAGMA integrity_check") == "ok")
    }

    @Test func `by size deletes little at a time, however long the messages are`() throws {
        let store = try Store()
        try store.addMessages(60, byteCount: 1 << 20)
        let pruned = try store.prune(Retention(byteCount: 32 << 20, age: nil, messageCount: nil))
        #expect(pruned.most <= 2)
        #expect(try store.number("SELECT count(*) FROM messages") > 20)
    }

    @Test func `by size holds also where there are only samples`() throws {
        let store = try Store()
        for session in 1...50 { try store.addSamples(10_000, session: session, openedBefore: 20_000) }
        let retention = Retention(byteCount: 32 << 20, age: nil, messageCount: nil)
        let limits = SizeLimits(retention)
        #expect(try store.usedByteCount > limits.used!)
        let pruned = try store.prune(retention, isIdle: false)
        #expect(try store.usedByteCount <= limits.used!)
        #expect(try store.usedByteCount > limits.used! / 2)
        #expect(pruned.most <= 4 * 8192)
        // All sessions keep about as much.
        let oldest =
            "SELECT max(oldest) - min(oldest) FROM (SELECT min(at_ns) AS oldest FROM channel_samples GROUP BY session_id)"
        #expect(try store.number(oldest) < 1000 * 1_000_000_000)
        #expect(try store.number("SELECT count(*) FROM sessions") == 50)
    }

    @Test func `by size spares the messages where the samples are what is large`() throws {
        let store = try Store()
        for session in 2...51 { try store.addSamples(10_000, session: session, openedBefore: 20_000) }
        try store.run(
            """
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns, first_message_id, last_message_id)
            VALUES (1, 1, 'default', 'c', (\(Store.now) - 10000) * 1000000000, 1, 100);
            WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100)
            INSERT INTO messages (id, session_id, direction, sequence, at_ns, byte_count, ending, payload)
            SELECT i, 1, 0, i, (\(Store.now) - 10000 + 100 * i) * 1000000000, 1, 0, x'00' FROM n
            """
        )
        try store.prune(Retention(byteCount: 32 << 20, age: nil, messageCount: nil), isIdle: false)
        let oldestSample = try store.number("SELECT min(at_ns) FROM channel_samples")
        let oldestMessage = try store.number("SELECT min(at_ns) FROM messages")
        #expect(oldestSample > (Store.now - 10_000) * 1_000_000_000)
        // A 64th of what is kept, and the distance of two messages.
        #expect(abs(oldestMessage - oldestSample) < (10_000 / 64 + 200) * 1_000_000_000)
    }

    @Test func `lets sessions follow their messages, and the numbers go on`() throws {
        let store = try Store()
        try store.addMessages(100)
        try store.run(
            """
            UPDATE sessions SET closed_at_ns = \(Store.now - 50)000000000 WHERE id = 1;
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns, closed_at_ns)
            VALUES (2, 1, 'default', 'c', 5, 6), (3, 1, 'default', 'c', 5, 6)
            """
        )
        let pruned = try store.prune(Retention(byteCount: nil, age: .seconds(5), messageCount: nil), secondsLater: 10)
            .sum
        #expect(pruned.messages == 100)
        #expect(try store.number("SELECT count(*) FROM messages") == 0)
        #expect(sqlite(store.folder.database, "SELECT id FROM sessions") == "1\n3")
        let play = try Play(configuration(store.folder))
        #expect(play.recorder.firstSessionID == 4)
        play.open(4)
        play.say("goes on", session: 4)
        #expect(play.finish())
        #expect(sqlite(store.folder.database, "SELECT id FROM messages") == "101")
    }

    @Test func `forgets runs of which nothing is left, and never this one`() throws {
        let store = try Store()
        try store.run(
            """
            INSERT INTO runs (id, version, pid, host, configuration, started_at_ns, ended_at_ns, clean)
            SELECT column1, '0', 1, 'h', '{}', 1, 2, 1 FROM (VALUES (2), (3), (4), (5));
            UPDATE runs SET ended_at_ns = 2;
            INSERT INTO gaps (run_id, reason, from_ns, to_ns) VALUES (4, 'stalled', 1, \(Store.now)000000000);
            """
        )
        try store.prune(Retention(byteCount: nil, age: .seconds(100), messageCount: nil))
        #expect(sqlite(store.folder.database, "SELECT id FROM runs") == "4\n5")
    }

    @Test func `survives a clock that was set back`() throws {
        let store = try Store()
        try store.addMessages(40_000)
        let later = "at_ns = at_ns + 1000000 * 1000000000"
        try store.run("UPDATE messages SET \(later) WHERE id <= 20000")
        try store.prune(Retention(byteCount: 32 << 20, age: .seconds(100_000), messageCount: nil))
        let count = try store.number("SELECT count(*) FROM messages")
        #expect(count > 19_000)
        #expect(try store.number("SELECT max(id) - min(id) + 1 = count(*) AND max(id) = 40000 FROM messages") == 1)
    }

    @Test func `gives back what a busy hour left behind`() throws {
        let store = try Store()
        try store.addMessages(40_000)
        let before = try SpaceReader(store.database).read().byteCount
        try store.prune(Retention(byteCount: nil, age: .seconds(100), messageCount: nil))
        #expect(try SpaceReader(store.database).read().byteCount < before / 2)
    }
}

@Suite struct `A recorder that prunes` {
    @Test func `keeps file and log within the limit while it records at full speed`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.retention = Retention(byteCount: 32 << 20, age: nil, messageCount: nil)
        let play = try Play(configuration)
        play.open(1)
        var largest: Int64 = 0
        var payload = [UInt8](repeating: 67, count: 3000)
        for round in 0..<60_000 {
            if round == 30_000 { payload = [UInt8](repeating: 68, count: 300) }
            play.say(payload)
            if round % 100 == 0 {
                #expect(play.turnsUntil { play.tap.hasRoom })
                let readings = play.recorder.readings()
                largest = max(largest, readings.databaseBytes + readings.walBytes)
            }
        }
        #expect(play.settle())
        #expect(play.finish())
        let readings = play.recorder.readings()
        largest = max(largest, readings.databaseBytes + readings.walBytes)
        #expect(largest <= (32 << 20) + (32 << 20) / 10)
        #expect(largest > 24 << 20)
        #expect(readings.pruned.messages > 20_000)
        #expect(play.told.suspensions == [])
        let kept =
            "SELECT max(id), max(id) - min(id) + 1 = count(*), count(*) + \(readings.pruned.messages) FROM messages"
        #expect(sqlite(folder.database, kept) == "60000|1|60000")
        #expect(sqlite(folder.database, "PRAGMA integrity_check") == "ok")
        #expect(sqlite(folder.database, "SELECT sequence = id, count(*) FROM messages GROUP BY 1").hasPrefix("1|"))
    }

    @Test func `deletes what is old also while nothing is said`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.retention = Retention(byteCount: nil, age: .seconds(1), messageCount: nil)
        let play = try Play(configuration)
        play.open(1)
        // The play's clock stands in 2023.
        for _ in 0..<10 { play.say("old") }
        #expect(play.settle())
        #expect(eventually { sqlite(folder.database, "SELECT count(*) FROM messages") == "0" })
        #expect(play.recorder.readings().oldestMessage == nil)
        play.say("this one is just as old")
        #expect(play.settle())
        #expect(play.finish())
    }

    @Test func `writes a gap anew of which the beginning was deleted`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.retention = Retention(byteCount: nil, age: .seconds(1), messageCount: nil)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        let shell = RudeShell(folder.database)
        #expect(eventually { play.recorder.readings().queuedBytes == 0 })
        #expect(shell.run("INSERT INTO gaps VALUES (1, 'stalled', 1, 2, 3, 4)") == SQLITE_OK)
        #expect(eventually { sqlite(folder.database, "SELECT count(*) FROM gaps") == "0" })
        #expect(play.recorder.readings().pruned.gaps == 1)
        #expect(play.finish())
    }
}
