import Testing
import Traffic

@testable import Capture

@Suite struct `A snapshot` {
    private func dump(_ path: String) -> String {
        sqlite(
            path,
            """
            SELECT * FROM runs; SELECT * FROM sessions; SELECT *, hex(payload) FROM messages;
            SELECT * FROM channel_samples; SELECT * FROM gaps; SELECT * FROM schema_migrations;
            PRAGMA application_id; PRAGMA user_version; PRAGMA auto_vacuum; PRAGMA page_size; PRAGMA journal_mode
            """
        )
    }

    private func talk(_ play: Play, _ count: Int, session: Int64 = 1) {
        for number in 0..<count {
            play.say("message \(number)", number % 3 == 0 ? .downstream : .upstream, session: session)
        }
    }

    @Test func `of a capture at rest has its every row, and not a byte of the capture changes`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        talk(play, 10_000)
        play.say([0, 255, 10, 27])
        play.sample(1)
        play.close(1)
        #expect(play.finish())
        shell("sqlite3 '\(folder.database)' \"INSERT INTO gaps VALUES (1, 'behind', 1, 2, NULL, NULL)\"")
        let before = folder.fingerprint
        let target = folder.path + "/copy.db"
        let snapshot = try Snapshot.make(of: folder.database, at: target) { _, _ in true }
        #expect(snapshot.messages == 10_001 && snapshot.sessions == 1 && snapshot.samples == 2 && snapshot.gaps == 1)
        #expect(shell("stat -c '%a %s' '\(target)'") == "640 \(snapshot.byteCount)\n")
        shell("mkdir '\(folder.path)-copy' && mv '\(target)' '\(folder.path)-copy/copy.db'")
        defer { shell("rm -r '\(folder.path)-copy'") }
        #expect(folder.fingerprint == before)
        let copy = folder.path + "-copy/copy.db"
        #expect(dump(copy) == dump(folder.database))
        #expect(sqlite(copy, "PRAGMA integrity_check") == "ok")
    }

    @Test func `has every sample, though they are copied in steps that end between a session's two`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        for session in 1...2 as ClosedRange<Int64> {
            play.open(session)
            for _ in 0..<3000 { play.sample(session) }
            play.close(session)
        }
        #expect(play.finish())
        let first = "session_id = 1 AND side = 0 AND at_ns = (SELECT min(at_ns) FROM channel_samples)"
        shell("sqlite3 '\(folder.database)' 'DELETE FROM channel_samples WHERE \(first)'")
        let copy = folder.path + "/copy.db"
        let snapshot = try Snapshot.make(of: folder.database, at: copy) { _, _ in true }
        #expect(snapshot.samples == 11_999)
        let all = "SELECT * FROM channel_samples"
        #expect(sqlite(copy, all) == sqlite(folder.database, all))
    }

    @Test func `of a live capture is what one moment was, and never holds the log in between`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.open(2)
        talk(play, 20_000)
        talk(play, 20_000, session: 2)
        play.sample(1)
        play.sample(2)
        play.close(2)
        #expect(play.settle())
        var steps = 0
        var held = 0
        let target = folder.path + "/copy.db"
        let snapshot = try Snapshot.make(
            of: folder.database,
            at: target,
            betweenSteps: {
                steps += 1
                // Between any two steps the relay goes on, old messages go, and the log can be emptied.
                play.open(Int64(2 + steps))
                play.say("meanwhile", session: Int64(2 + steps))
                play.sample(1)
                play.sample(Int64(2 + steps))
                #expect(play.settle())
                let answer = shell(
                    """
                    sqlite3 -cmd '.timeout 5000' '\(folder.database)' 'DELETE FROM messages WHERE id <= \(steps * 10)' \
                    'PRAGMA wal_checkpoint(TRUNCATE)'
                    """
                )
                if !answer.hasPrefix("0|") { held += 1 }
            },
            { _, _ in true }
        )
        #expect(steps > 8)
        #expect(held == 0)
        #expect(snapshot.messages == 40_000 + Int64(steps - steps * 10))
        #expect(dump(target) == dump(folder.database))
        #expect(sqlite(target, "PRAGMA integrity_check; PRAGMA freelist_count") == "ok\n0")
        #expect(play.finish())
    }

    @Test func `can be recorded into, and goes on after the last ids`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        talk(play, 3)
        #expect(play.settle())
        var copy = configuration(folder)
        copy.databasePath = folder.path + "/copy.db"
        _ = try Snapshot.make(of: folder.database, at: copy.databasePath) { _, _ in true }
        let again = try Play(copy)
        #expect(again.recorder.firstSessionID == 2)
        #expect(again.finish())
        #expect(sqlite(copy.databasePath, "SELECT reason FROM gaps") == "unclean")
        #expect(play.finish())
    }

    @Test func `never takes the place of a file, even of one that comes meanwhile`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        talk(play, 3)
        #expect(play.settle())
        let target = folder.path + "/copy.db"
        let refusal = "\(target) exists, and a snapshot takes nobody's place: choose another name"
        for isThereBefore in [true, false] {
            if isThereBefore { shell("echo mine > '\(target)'") }
            var error: CaptureError?
            do throws(CaptureError) {
                _ = try Snapshot.make(
                    of: folder.database,
                    at: target,
                    betweenSteps: { shell("echo mine > '\(target)'") },
                    { _, _ in true }
                )
            } catch let thrown {
                error = thrown
            }
            #expect(error?.kind == .cannotCreate)
            #expect(error?.description == refusal)
            #expect(shell("cat '\(target)'") == "mine\n")
            #expect(!shell("ls '\(folder.path)'").contains("partial"))
            shell("rm '\(target)'")
        }
        #expect(play.finish())
    }

    @Test func `that is cancelled leaves nothing`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        talk(play, 20_000)
        #expect(play.finish())
        let before = folder.fingerprint
        var kind: CaptureError.Kind?
        do throws(CaptureError) {
            _ = try Snapshot.make(of: folder.database, at: folder.path + "/copy.db") { done, _ in done == 0 }
        } catch {
            kind = error.kind
        }
        #expect(kind == .cancelled)
        #expect(folder.fingerprint == before)
    }
}
