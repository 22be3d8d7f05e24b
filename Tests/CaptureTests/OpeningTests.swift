import Glibc
import Testing

@testable import Capture

@Suite struct `Opening a capture` {
    private func refusal(_ configuration: CaptureConfiguration) -> CaptureError? {
        do throws(CaptureError) {
            _ = try Recorder.start(configuration) { _ in }
            return nil
        } catch {
            return error
        }
    }

    /// Refuses with this sentence, and leaves everything as it was.
    private func expectRefusal(_ folder: Folder, _ kind: CaptureError.Kind, _ sentence: String) {
        let before = folder.fingerprint
        let error = refusal(configuration(folder))
        #expect(error?.kind == kind)
        #expect(error?.description == sentence)
        #expect(folder.fingerprint == before)
    }

    private func make(_ folder: Folder) throws {
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("hello")
        #expect(play.finish())
    }

    @Test func `makes the file, private to its owner and group`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        let modes = shell("cd '\(folder.path)' && stat -c '%n %a' *")
        #expect(modes == "capture.db 640\ncapture.db-shm 640\ncapture.db-wal 640\ncapture.db.lock 640\n")
        #expect(play.finish())
        let marks = "PRAGMA application_id; PRAGMA user_version; PRAGMA auto_vacuum; PRAGMA journal_mode"
        #expect(sqlite(folder.database, marks) == "1870030962\n3\n2\nwal")
        #expect(sqlite(folder.database, "PRAGMA page_size") == "8192")
        let applied = sqlite(folder.database, "SELECT version, name FROM schema_migrations")
        #expect(applied == "1|initial\n2|framing\n3|sample_order")
    }

    @Test func `refuses what is not SQLite`() {
        let folder = Folder()
        shell("printf 'Dear diary, today I heard nothing at all, again and again and again.' > '\(folder.database)'")
        expectRefusal(
            folder,
            .foreign,
            "\(folder.database) is not an SQLite database: choose another --database"
        )
    }

    @Test func `refuses a folder`() {
        let folder = Folder()
        shell("mkdir '\(folder.database)'")
        expectRefusal(folder, .foreign, "\(folder.database) is not a file: choose another --database")
    }

    @Test(arguments: ["DELETE", "WAL"]) func `refuses somebody else's database`(mode: String) {
        let folder = Folder()
        shell("sqlite3 '\(folder.database)' 'PRAGMA journal_mode = \(mode); CREATE TABLE t (a)'")
        expectRefusal(
            folder,
            .foreign,
            "\(folder.database) is a database, but not overhear's: choose another --database"
        )
    }

    @Test(arguments: ["CREATE TABLE runs (id)", ""]) func `refuses a database with somebody else's mark`(schema: String)
    {
        let folder = Folder()
        shell("sqlite3 '\(folder.database)' 'PRAGMA application_id = 77; PRAGMA user_version = 1; \(schema)'")
        expectRefusal(
            folder,
            .foreign,
            "\(folder.database) is a database, but not overhear's: choose another --database"
        )
    }

    @Test func `refuses somebody else's database that is in use`() {
        let folder = Folder()
        shell("sqlite3 '\(folder.database)' 'PRAGMA journal_mode = WAL; CREATE TABLE t (a)'")
        shell(
            "cd '\(folder.path)' && cp capture.db x && sqlite3 capture.db 'INSERT INTO t VALUES (1)' '.shell cp capture.db-wal w'"
        )
        shell("cd '\(folder.path)' && mv x capture.db && mv w capture.db-wal")
        #expect(shell("stat -c %s '\(folder.database)-wal'") != "0\n")
        expectRefusal(
            folder,
            .foreign,
            "\(folder.database) is a database, but not overhear's: choose another --database"
        )
    }

    @Test func `refuses a schema that is newer than it`() throws {
        let folder = Folder()
        try make(folder)
        shell("sqlite3 '\(folder.database)' 'PRAGMA user_version = 99'; rm '\(folder.database).lock'")
        let sentence =
            "\(folder.database) has schema 99 and this overhear knows only 3: "
            + "use a newer overhear, or another --database"
        expectRefusal(folder, .newer, sentence)
    }

    @Test func `refuses a newer schema that is still in the log`() throws {
        let folder = Folder()
        try make(folder)
        shell("cd '\(folder.path)' && cp capture.db x")
        shell("cd '\(folder.path)' && sqlite3 capture.db 'PRAGMA user_version = 99' '.shell cp capture.db-wal w'")
        shell("cd '\(folder.path)' && mv x capture.db && mv w capture.db-wal && rm -f capture.db-shm")
        let sentence =
            "\(folder.database) has schema 99 and this overhear knows only 3: "
            + "use a newer overhear, or another --database"
        expectRefusal(folder, .newer, sentence)
    }

    @Test func `refuses a migration that is not the one it knows`() throws {
        let folder = Folder()
        try make(folder)
        shell("sqlite3 '\(folder.database)' \"UPDATE schema_migrations SET sha256 = 'other'\"")
        let sentence =
            "\(folder.database) was made with another migration 1 (initial) than this overhear's: "
            + "use the overhear that made it, or another --database"
        expectRefusal(folder, .changed, sentence)
    }

    @Test func `refuses a file that another writer has`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        #expect(play.settle())
        expectRefusal(
            folder,
            .locked,
            "another overhear is writing \(folder.database): stop it, or choose another --database"
        )
        #expect(play.finish())
    }

    @Test func `refuses a folder that is not there`() {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.databasePath = folder.path + "/none/capture.db"
        let error = refusal(configuration)
        #expect(error?.kind == .cannotCreate)
        #expect(
            error?.description
                == "cannot create \(folder.path)/none/capture.db.lock: No such file or directory: "
                + "create the folder or make it writable, or choose another --database"
        )
    }

    @Test func `goes on in a file that is there`() throws {
        let folder = Folder()
        try make(folder)
        let play = try Play(configuration(folder))
        #expect(play.recorder.firstSessionID == 2)
        play.open(2)
        play.say("again", session: 2)
        #expect(play.finish())
        #expect(sqlite(folder.database, "SELECT id, session_id, text FROM message_log") == "1|1|hello\n2|2|again")
        #expect(sqlite(folder.database, "SELECT id, clean FROM runs") == "1|1\n2|1")
    }

    @Test func `knows a file by its real name, so that a link does not make a second writer`() throws {
        let folder = Folder()
        try make(folder)
        shell("cd '\(folder.path)' && ln -s capture.db link.db")
        let play = try Play(configuration(folder))
        var linked = configuration(folder)
        linked.databasePath = folder.path + "/link.db"
        #expect(refusal(linked)?.kind == .locked)
        #expect(play.finish())
    }

    @Test func `takes an empty file`() throws {
        let folder = Folder()
        shell("touch '\(folder.database)'")
        try make(folder)
    }

    @Test func `closes what a crash left open, and says that the record has a hole`() throws {
        let folder = Folder()
        try make(folder)
        shell(
            """
            sqlite3 '\(folder.database)' "UPDATE runs SET clean = NULL, ended_at_ns = NULL, started_at_ns = 5;
            UPDATE sessions SET closed_at_ns = NULL, close_reason = NULL;
            INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns) VALUES (2, 1, 'default', 'c', 7)"
            """
        )
        let heard = sqlite(folder.database, "SELECT at_ns FROM messages")
        let play = try Play(configuration(folder))
        #expect(play.finish())
        let sessions = "SELECT id, close_reason, closed_at_ns FROM sessions"
        #expect(sqlite(folder.database, sessions) == "1|processEnded|\(heard)\n2|processEnded|7")
        let gaps = "SELECT run_id, reason, from_ns, messages IS NULL, bytes IS NULL, to_ns > from_ns FROM gaps"
        #expect(sqlite(folder.database, gaps) == "1|unclean|\(heard)|1|1|1")
        #expect(sqlite(folder.database, "SELECT id, clean, ended_at_ns = \(heard) FROM runs WHERE id = 1") == "1|0|1")
        let found = play.told.all.contains {
            if case .uncleanRunFound(run: 1, sessionsClosed: 2) = $0 { true } else { false }
        }
        #expect(found)
    }

    @Test func `opens again after it was killed in the middle of a checkpoint`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("hello")
        #expect(play.settle())
        shell("cp '\(folder.database)-wal' '\(folder.path)/log'")
        #expect(play.finish())
        // Only the first page has reached the file, and it speaks of all of them.
        shell("cd '\(folder.path)' && head -c 4096 capture.db > page && mv page capture.db && mv log capture.db-wal")
        let again = try Play(configuration(folder))
        #expect(again.recorder.firstSessionID == 2)
        #expect(again.finish())
        #expect(sqlite(folder.database, "SELECT text FROM message_log; PRAGMA integrity_check") == "hello\nok")
    }

    @Test func `finds a path with letters that mean something in a URI`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        configuration.databasePath = folder.path + "/a?b#c%20 é.db"
        let play = try Play(configuration)
        #expect(play.finish())
        #expect(shell("ls '\(folder.path)'") == "a?b#c%20 é.db\na?b#c%20 é.db.lock\n")
    }
}
