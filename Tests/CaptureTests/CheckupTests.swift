import Testing
import Traffic

@testable import Capture

@Suite struct `A checkup` {
    private func made(_ folder: Folder) throws {
        let play = try Play(configuration(folder))
        play.open(1)
        for number in 1...100 { play.say("message \(number)") }
        play.close(1)
        #expect(play.finish())
    }

    private func checkup(_ folder: Folder) throws -> Checkup {
        try Archive.read(folder.database) { (archive) throws(CaptureError) in try archive.checkup { _, _ in true } }
    }

    private func change(_ folder: Folder, _ sql: String) {
        #expect(shell("sqlite3 '\(folder.database)' \"\(sql)\"").isEmpty)
    }

    @Test func `finds nothing wrong with a record that is whole`() throws {
        let folder = Folder()
        try made(folder)
        let before = folder.fingerprint
        let checkup = try checkup(folder)
        #expect(checkup.isWhole)
        #expect(checkup.messages == 100 && checkup.firstID == 1 && checkup.lastID == 100)
        #expect(checkup.sessions == 1 && checkup.runs == 1 && !checkup.newestRunIsOpen && !checkup.hasWriter)
        #expect(folder.fingerprint == before)
    }

    @Test func `takes a live record for whole`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("hello")
        #expect(play.settle())
        let checkup = try checkup(folder)
        #expect(checkup.isWhole && checkup.hasWriter && checkup.newestRunIsOpen && checkup.openSessions == 1)
        #expect(play.finish())
    }

    @Test func `does not mind what retention has deleted`() throws {
        let folder = Folder()
        try made(folder)
        change(folder, "DELETE FROM messages WHERE id <= 40")
        let checkup = try checkup(folder)
        #expect(checkup.isWhole && checkup.firstID == 41 && checkup.messages == 60)
    }

    @Test func `finds messages that are missing, stray or too long`() throws {
        let folder = Folder()
        try made(folder)
        change(
            folder,
            """
            DELETE FROM messages WHERE id BETWEEN 50 AND 59; UPDATE messages SET session_id = 7 WHERE id IN (3, 4);
            UPDATE messages SET byte_count = 1 WHERE id = 90
            """
        )
        let checkup = try checkup(folder)
        #expect(!checkup.isWhole)
        #expect(checkup.missingIDs == 10 && checkup.strayMessages == 2 && checkup.oversized == 1)
    }

    @Test func `finds gaps, and runs and sessions without an end`() throws {
        let folder = Folder()
        try made(folder)
        change(folder, "INSERT INTO gaps VALUES (1, 'diskFull', 1, 2, 3, 4)")
        #expect(try !checkup(folder).isWhole)
        #expect(try checkup(folder).gaps.map(\.messages) == [3])
        change(folder, "DELETE FROM gaps; UPDATE sessions SET closed_at_ns = NULL")
        #expect(try checkup(folder).forgottenSessions == 1)
        change(folder, "UPDATE runs SET clean = NULL; INSERT INTO runs SELECT 2, '1', 2, 'h', '{}', 5, 6, 1")
        #expect(try checkup(folder).forgottenRuns == 1)
        #expect(try !checkup(folder).isWhole)
    }

    @Test func `finds pages that are damaged`() throws {
        let folder = Folder()
        try made(folder)
        let page = sqlite(folder.database, "SELECT rootpage FROM sqlite_schema WHERE name = 'channel_samples'")
        let size = sqlite(folder.database, "PRAGMA page_size")
        shell(
            "dd if=/dev/urandom of='\(folder.database)' bs=\(size) seek=$((\(page) - 1)) count=1 conv=notrunc status=none"
        )
        let checkup = try checkup(folder)
        guard case .damaged(let findings) = checkup.integrity else { return #expect(Bool(false), "\(checkup)") }
        #expect(!findings.isEmpty)
        #expect(!checkup.isWhole)
    }

    @Test func `breaks a long look at pages off before the log has grown too long`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        #expect(play.settle())
        let paths = CapturePaths(database: folder.database)
        let archive = try Archive(path: folder.database)
        let watch = LogWatch(paths, growingAtMost: 1 << 20, archive.database)
        defer { watch.end() }
        for _ in 1...20 { play.say([UInt8](repeating: 1, count: 200_000)) }
        #expect(play.settle())
        #expect(eventually { watch.hasInterrupted })
        #expect(play.finish())
    }
}

@Suite struct `Statistics` {
    @Test func `are what the shell counts`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        for session in 1...20 {
            play.open(Int64(session))
            for number in 1...50 {
                play.say("message \(number)", number % 2 == 0 ? .downstream : .upstream, session: Int64(session))
            }
            play.say([UInt8](repeating: 7, count: 20_000), session: Int64(session))
            for _ in 1...20 { play.sample(Int64(session)) }
            if session > 1 { play.close(Int64(session)) }
        }
        #expect(play.finish())
        shell(
            "sqlite3 '\(folder.database)' \"INSERT INTO gaps VALUES (1,'behind',1,2,3,4),(1,'behind',1,2,5,6),(1,'unclean',1,2,NULL,NULL)\""
        )
        shell("sqlite3 '\(folder.database)' \"DELETE FROM messages WHERE id < 30\"")
        let statistics = try Archive.read(folder.database) { (archive) throws(CaptureError) in
            try archive.statistics { _, _ in true }
        }
        for table in statistics.tables {
            let name = table.name
            #expect(sqlite(folder.database, "SELECT count(*) FROM \(name)") == "\(table.rows)", "\(name)")
            let pages =
                "SELECT sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name WHERE s.tbl_name = '\(name)'"
            #expect(sqlite(folder.database, pages) == table.bytes.map(String.init), "\(name)")
        }
        let sum = statistics.tables.reduce(0) { $0 + ($1.bytes ?? 0) } + (statistics.otherBytes ?? 0)
        #expect(sum + statistics.freeBytes == statistics.fileBytes)
        let flow =
            "SELECT count(*) || '|' || sum(byte_count) || '|' || sum(length(payload)) FROM messages WHERE direction = "
        for direction in Direction.allCases {
            let flows = statistics.flows[direction]
            let counted = "\(flows.messages)|\(flows.bytes)|\(flows.storedBytes)"
            #expect(sqlite(folder.database, flow + "\(direction.rawValue)") == counted)
        }
        #expect(statistics.lastMinute == statistics.flows)
        let ends = "\(statistics.oldest?.nanosecondsSince1970 ?? 0)|\(statistics.newest?.nanosecondsSince1970 ?? 0)"
        #expect(sqlite(folder.database, "SELECT min(at_ns), max(at_ns) FROM messages") == ends)
        #expect(statistics.gaps.map(\.reason) == ["behind", "unclean"])
        #expect(statistics.gaps.map(\.messages) == [8, 0] && statistics.gaps.map(\.uncounted) == [0, 1])
    }
}
