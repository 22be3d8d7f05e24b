import CSQLite
import Glibc
import Synchronization
import Testing
import Traffic

@testable import Capture

/// Nobody writes this capture any more.
private func isUnlocked(_ folder: Folder) -> Bool {
    shell("flock -n '\(folder.database).lock' echo free") == "free\n"
}

private func gapRows(_ folder: Folder) -> String {
    sqlite(folder.database, "SELECT reason, messages, bytes FROM gaps ORDER BY rowid")
}

@Suite struct `A recorder in trouble` {
    @Test func `lets traffic go on while somebody holds a write transaction, and says what it missed`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.stallLimit = .milliseconds(150)
        let play = try Play(configuration)
        play.open(1)
        play.say("before")
        #expect(play.settle())
        let shell = RudeShell(folder.database)
        #expect(shell.run("BEGIN IMMEDIATE") == SQLITE_OK)
        play.say("waits")
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.stalled) })
        #expect(play.tap.hasRoom)
        for _ in 0..<10 { play.say("missed") }
        play.open(2)
        play.say("missed too", session: 2)
        play.open(3)
        play.close(3)
        #expect(play.recorder.readings().unrecorded[.stalled] == .init(messages: 11, bytes: 70))
        #expect(shell.run("ROLLBACK") == SQLITE_OK)
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        play.say("after", session: 2)
        play.close(1)
        play.close(2)
        #expect(play.finish())
        #expect(play.told.suspensions == [.stalled])
        #expect(play.told.resumptions == [.stalled])
        #expect(play.told.gaps.map(\.messages) == [11])
        #expect(gapRows(folder) == "stalled|11|70")
        let payloads = sqlite(folder.database, "SELECT session_id, sequence, text FROM message_log")
        #expect(payloads == "1|1|before\n1|2|waits\n2|2|after")
        #expect(sqlite(folder.database, "SELECT id, close_reason FROM sessions") == "1|clientClosed\n2|clientClosed")
        expectWhole(folder, messages: 14, bytes: 86)
    }

    @Test func `is found out by a loop when it hangs in the kernel`() throws {
        let folder = Folder()
        let brake = Brake()
        var configuration = configuration(folder)
        configuration.stallLimit = .milliseconds(100)
        configuration.brake(brake)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        brake.set(true)
        play.say("waits")
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.stalled) })
        play.say("missed")
        brake.set(false)
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        #expect(play.finish())
        #expect(gapRows(folder) == "stalled|1|6")
        expectWhole(folder, messages: 2, bytes: 11)
    }

    @Test func `resumes when the disk has room again, with an exact gap`() throws {
        let folder = Folder()
        let brake = Brake()
        var configuration = configuration(folder)
        configuration.brake(brake)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        brake.limitPages(to: 1)
        let byteCount = 2 * CaptureFile.pageByteCount
        play.say([UInt8](repeating: 65, count: byteCount))
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.diskFull) })
        #expect(play.tap.hasRoom)
        for _ in 0..<3 { play.say("missed") }
        play.close(1)
        brake.limitPages(to: 1_000_000)
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        #expect(play.finish())
        #expect(gapRows(folder) == "diskFull|3|18")
        #expect(sqlite(folder.database, "SELECT close_reason FROM sessions") == "clientClosed")
        expectWhole(folder, messages: 4, bytes: byteCount + 18)
        guard
            case .suspended(_, let detail)? = play.told.all.first(where: {
                if case .suspended = $0 { true } else { false }
            })
        else { return }
        #expect(detail == "SQLite error 13 (SQLITE_FULL): database or disk is full, while inserting a message")
    }

    @Test func `does not let a reader make the limit a lie, and goes on when that reader is gone`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.retention = Retention(byteCount: 32 << 20, age: nil, messageCount: nil)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        let reader = try Database(uri: Database.uri(path: folder.database), flags: SQLITE_OPEN_READONLY)
        let rows = try reader.prepare("SELECT * FROM sessions", doing: "reading")
        #expect(try rows.step())
        let page = [UInt8](repeating: 65, count: 100_000)
        var said = 0
        #expect(
            play.turnsUntil {
                if play.tap.hasRoom {
                    play.say(page)
                    said += 1
                }
                return play.recorder.readings().state == .suspended(.walLimit)
            }
        )
        for _ in 0..<200 { play.say(page) }
        #expect(play.tap.hasRoom)
        let full = play.recorder.readings()
        #expect(full.databaseBytes + full.walBytes <= (32 << 20) + (32 << 20) / 10)
        #expect(full.walBytes > 8 << 20)
        rows.reset()
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        play.say("after")
        #expect(play.finish())
        let emptied = play.recorder.readings()
        #expect(emptied.databaseBytes + emptied.walBytes <= 32 << 20)
        #expect(play.told.suspensions == [.walLimit])
        #expect(sqlite(folder.database, "SELECT reason FROM gaps") == "walLimit")
        let missed = Int(full.unrecorded[.walLimit]?.messages ?? 0)
        #expect(missed >= 200)
        expectWhole(folder, messages: said + 200 + 1, bytes: (said + 200) * 100_000 + 5)
    }

    @Test func `stops before the disk is full, and goes on when there is room again`() throws {
        let folder = Folder()
        let disk = Disk(available: 100 << 20)
        var configuration = configuration(folder)
        configuration.lookAtFilesystem = { disk.look() }
        let play = try Play(configuration)
        #expect(play.recorder.readings().reserveBytes == 50 << 20)
        play.open(1)
        play.say("before")
        #expect(play.settle())
        disk.set(available: (50 << 20) + 1000)
        play.say("waits")
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.lowSpace) })
        for _ in 0..<3 { play.say("missed") }
        // A little more is not enough: it would be suspended again at once.
        disk.set(available: (51 << 20))
        usleep(600_000)
        #expect(play.recorder.readings().state == .suspended(.lowSpace))
        disk.set(available: 60 << 20)
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        #expect(play.finish())
        #expect(gapRows(folder) == "lowSpace|3|18")
        expectWhole(folder, messages: 5, bytes: 29)
    }

    @Test func `ends in order on a disk with too little space, and says what it missed`() throws {
        let folder = Folder()
        let disk = Disk(available: 100 << 20)
        var configuration = configuration(folder)
        configuration.lookAtFilesystem = { disk.look() }
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        disk.set(available: 1 << 20)
        play.say("waits")
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.lowSpace) })
        for _ in 0..<3 { play.say("missed") }
        play.close(1)
        #expect(play.finish())
        #expect(gapRows(folder) == "lowSpace|3|18")
        #expect(
            sqlite(folder.database, "SELECT clean FROM runs; SELECT close_reason FROM sessions") == "1\nclientClosed"
        )
        expectWhole(folder, messages: 4, bytes: 23)
    }

    @Test func `stops recording into a file that was taken away, until it is back`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        #expect(play.settle())
        shell("mv '\(folder.database)' '\(folder.path)/elsewhere'")
        #expect(
            play.turnsUntil {
                if play.recorder.readings().state == .suspended(.fileReplaced) { return true }
                play.sample(1)
                return false
            }
        )
        play.say("missed")
        shell("mv '\(folder.path)/elsewhere' '\(folder.database)'")
        #expect(play.turnsUntil { play.recorder.readings().state == .recording })
        #expect(play.finish())
        #expect(gapRows(folder) == "fileReplaced|1|6")
    }

    @Test func `finds no place for what it hears while its file is deleted, and says so at the end`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("recorded")
        #expect(play.settle())
        shell("rm '\(folder.database)' '\(folder.database)-wal'")
        #expect(
            play.turnsUntil {
                play.sample(1)
                return play.recorder.readings().state == .suspended(.fileReplaced)
            }
        )
        play.say("missed")
        #expect(play.tap.hasRoom)
        play.tap.flush()
        #expect(!play.recorder.finish(deadline: .milliseconds(200)))
        #expect(eventually { isUnlocked(folder) })
    }

    @Test func `leaves a file alone that was put in the place of its own, and that file's log`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("recorded")
        #expect(play.settle())
        // Somebody else's database, in the middle of its work.
        let other = folder.path + "/other.db"
        shell("sqlite3 '\(other)' 'PRAGMA journal_mode = WAL; CREATE TABLE t (a)'")
        shell("cd '\(folder.path)' && sqlite3 other.db 'INSERT INTO t VALUES (1)' '.shell cp other.db-wal log'")
        shell("cd '\(folder.path)' && rm capture.db-shm && mv other.db capture.db && mv log capture.db-wal")
        let before = folder.fingerprint
        #expect(
            play.turnsUntil {
                play.sample(1)
                return play.recorder.readings().state == .suspended(.fileReplaced)
            }
        )
        play.say("missed")
        play.tap.flush()
        #expect(!play.recorder.finish(deadline: .milliseconds(200)))
        #expect(eventually { isUnlocked(folder) })
        #expect(folder.fingerprint == before)
        #expect(shell("sqlite3 '\(folder.database)' 'SELECT a FROM t'") == "1\n")
    }

    @Test func `ends at once, and not as if all were well, when its file was taken away while nothing was said`() throws
    {
        let folder = Folder()
        let play = try Play(configuration(folder))
        #expect(play.settle())
        shell("mv '\(folder.database)' '\(folder.path)/elsewhere'")
        #expect(!play.recorder.finish(deadline: .seconds(20)))
        shell("mv '\(folder.path)/elsewhere' '\(folder.database)'")
        #expect(sqlite(folder.database, "SELECT clean IS NULL FROM runs") == "1")
    }

    @Test func `stops recording into a file that is damaged, and lets traffic go on`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        // Otherwise it might never look at the disk again.
        configuration.beforeTransaction = { try? $0.execute("PRAGMA shrink_memory", doing: "forgetting pages") }
        let play = try Play(configuration)
        play.open(1)
        play.say("recorded")
        #expect(play.settle())
        #expect(eventually { play.recorder.readings().checkpointsComplete > 0 })
        shell("dd if=/dev/zero of='\(folder.database)' bs=4096 seek=1 count=20 conv=notrunc status=none")
        play.say("waits")
        play.tap.flush()
        #expect(play.turnsUntil { play.recorder.readings().state == .suspended(.corrupt) })
        play.say("missed")
        #expect(play.tap.hasRoom)
        #expect(play.recorder.readings().unrecorded[.corrupt] == .init(messages: 1, bytes: 6))
        play.tap.flush()
        #expect(!play.recorder.finish(deadline: .milliseconds(200)))
    }

    @Test func `waits for somebody who is rude but quick, and misses nothing`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.stallLimit = .seconds(1000)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        let shell = RudeShell(folder.database)
        for round in 1...4 {
            #expect(shell.run("BEGIN IMMEDIATE") == SQLITE_OK)
            play.say("said while the database is held")
            play.tap.flush()
            usleep(150_000)
            #expect(play.recorder.readings().rows.messages == Int64(round - 1))
            #expect(shell.run("ROLLBACK") == SQLITE_OK)
            #expect(eventually { play.recorder.readings().rows.messages == Int64(round) })
            // What a shell may also try: to empty the log, to do without one, to lock everybody out.
            _ = shell.run("PRAGMA wal_checkpoint(TRUNCATE)")
            _ = shell.run("PRAGMA journal_mode = DELETE")
            _ = shell.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN; SELECT count(*) FROM messages; ROLLBACK")
            _ = shell.run("PRAGMA locking_mode = NORMAL; SELECT count(*) FROM messages")
        }
        #expect(play.finish())
        #expect(play.told.suspensions == [])
        #expect(gapRows(folder) == "")
        expectWhole(folder, messages: 4, bytes: 4 * 31)
        #expect(sqlite(folder.database, "PRAGMA journal_mode; PRAGMA integrity_check") == "wal\nok")
    }

    @Test func `counts the messages of a batch that SQLite refuses, and keeps the rest`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        #expect(play.settle())
        let shell = RudeShell(folder.database)
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON messages BEGIN SELECT raise(ABORT, 'no'); END"
        #expect(shell.run(refuse) == SQLITE_OK)
        play.say("refused")
        play.close(1)
        #expect(play.settle())
        #expect(shell.run("DROP TRIGGER refuse") == SQLITE_OK)
        play.open(2)
        play.say("taken", session: 2)
        #expect(play.finish())
        #expect(gapRows(folder) == "error|1|7")
        #expect(play.recorder.readings().unrecorded[.error] == .init(messages: 1, bytes: 7))
        #expect(sqlite(folder.database, "SELECT id, text FROM message_log") == "1|taken")
        #expect(sqlite(folder.database, "SELECT close_reason FROM sessions WHERE id = 1") == "clientClosed")
        expectWhole(folder, messages: 2, bytes: 12)
    }

    @Test func `gives up in time when it is told to finish and cannot`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        #expect(play.settle())
        let shell = RudeShell(folder.database)
        #expect(shell.run("BEGIN IMMEDIATE") == SQLITE_OK)
        play.say("never written")
        play.tap.flush()
        #expect(!play.recorder.finish(deadline: .milliseconds(300)))
        #expect(eventually { isUnlocked(folder) })
        #expect(shell.run("ROLLBACK") == SQLITE_OK)
        #expect(sqlite(folder.database, "SELECT clean IS NULL FROM runs") == "1")
    }

    @Test func `leaves the caller when it hangs and must finish`() throws {
        let folder = Folder()
        let brake = Brake()
        var configuration = configuration(folder)
        configuration.brake(brake)
        let play = try Play(configuration)
        play.open(1)
        #expect(play.settle())
        brake.set(true)
        play.say("hangs")
        play.tap.flush()
        #expect(!play.recorder.finish(deadline: .milliseconds(100)))
        brake.set(false)
    }
}

@Suite struct `A recorder that is behind` {
    private func slow(_ folder: Folder, _ brake: Brake, _ whenBehind: WhenBehind) -> CaptureConfiguration {
        var configuration = configuration(folder)
        configuration.bufferByteCount = 256 << 10
        configuration.whenBehind = whenBehind
        configuration.stallLimit = .seconds(1000)
        configuration.brake(brake)
        return configuration
    }

    @Test func `asks loops to stop reading, and wakes them when there is room`() throws {
        let folder = Folder()
        let brake = Brake()
        let play = try Play(slow(folder, brake, .block))
        play.open(1)
        #expect(play.settle())
        brake.set(true)
        let payload = [UInt8](repeating: 66, count: 1000)
        var said = 0
        while play.tap.hasRoom {
            play.say(payload)
            play.turn()
            said += 1
        }
        #expect(said > 150 && said < 256)
        #expect(play.recorder.readings().queuedBytes <= 256 << 10)
        #expect(play.told.wakeCount == 0)
        brake.set(false)
        #expect(play.turnsUntil { play.told.wakeCount > 0 })
        #expect(play.turnsUntil { play.tap.hasRoom })
        #expect(play.finish())
        #expect(gapRows(folder) == "")
        expectWhole(folder, messages: said, bytes: said * 1000)
    }

    @Test func `drops if it was told to, and counts what`() throws {
        let folder = Folder()
        let brake = Brake()
        let play = try Play(slow(folder, brake, .drop))
        play.open(1)
        #expect(play.settle())
        brake.set(true)
        let payload = [UInt8](repeating: 66, count: 1000)
        for _ in 0..<1000 {
            #expect(play.tap.hasRoom)
            play.say(payload)
            play.turn()
        }
        let lost = play.recorder.readings().unrecorded[.behind]?.messages ?? 0
        #expect(lost > 700 && lost < 900)
        #expect(play.recorder.readings().queuedBytes <= 256 << 10)
        brake.set(false)
        #expect(play.turnsUntil { play.recorder.readings().queuedMessages == 0 })
        play.say("again")
        #expect(play.finish())
        #expect(gapRows(folder) == "behind|\(lost)|\(lost * 1000)")
        expectWhole(folder, messages: 1001, bytes: 1_000_005)
        let last = "SELECT sequence FROM messages ORDER BY id DESC LIMIT 1"
        #expect(sqlite(folder.database, last) == "1001")
    }
}
