import Glibc
import Testing

@testable import Capture

@Suite struct `The migrations` {
    private static let folder =
        String(#filePath.prefix { _ in true }).split(separator: "/").dropLast(3)
        .reduce("") { $0 + "/" + $1 } + "/migrations"

    @Test func `are carried in the binary byte for byte`() {
        for migration in Migration.embedded {
            let name = String("000\(migration.version)".suffix(4)) + "_\(migration.name).sql"
            #expect(shell("cat '\(Self.folder)/\(name)'") == migration.sql)
            #expect(shell("sha256sum < '\(Self.folder)/\(name)'").prefix(64) == migration.sha256)
        }
        let files = shell("ls '\(Self.folder)'/*.sql").split(separator: "\n").count
        #expect(files == Migration.embedded.count)
    }

    @Test func `are numbered from 1 without holes`() {
        #expect(Migration.embedded.map(\.version) == Array(1...Int64(Migration.embedded.count)))
    }

    /// What a file has: every table, index and view, and which migrations made it.
    private static let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    private static let applied = "SELECT version, name, sha256 FROM schema_migrations; PRAGMA user_version"

    @Test func `run one by one in the stock shell`() {
        let folder = Folder()
        for name in shell("ls '\(Self.folder)'").split(separator: "\n") where name.hasSuffix(".sql") {
            #expect(shell("sqlite3 -bail '\(folder.database)' < '\(Self.folder)/\(name)'") == "", "\(name)")
        }
        #expect(sqlite(folder.database, "PRAGMA integrity_check") == "ok")
    }

    /// Makes a file of this version with the stock shell, and does something to it.
    private static func make(_ folder: Folder, of version: Int, then sql: String = "") {
        for migration in Migration.embedded.prefix(version) {
            let name = String("000\(migration.version)".suffix(4)) + "_\(migration.name).sql"
            #expect(shell("sqlite3 -bail '\(folder.database)' < '\(Self.folder)/\(name)'") == "")
            let row = "(\(migration.version), '\(migration.name)', '\(migration.sha256)', 0)"
            shell("sqlite3 '\(folder.database)' \"INSERT INTO schema_migrations VALUES \(row)\"")
        }
        let mark = version == 0 ? 0 : CaptureFile.applicationID
        shell(
            "sqlite3 '\(folder.database)' 'PRAGMA user_version = \(version); PRAGMA application_id = \(mark); \(sql)'"
        )
    }

    @Test(arguments: 0...Migration.embedded.count)
    func `bring a file of every earlier version to the newest`(version: Int) throws {
        let new = Folder()
        #expect(try Play(configuration(new)).finish())
        let old = Folder()
        Self.make(old, of: version)
        let play = try Play(configuration(old))
        play.open(1)
        play.say("hello")
        #expect(play.finish())
        let opened = play.told.all.compactMap { if case .opened(_, let names, _) = $0 { names } else { nil } }
        #expect(opened == [Migration.embedded.dropFirst(version).map(\.name)])
        #expect(sqlite(old.database, Self.schema) == sqlite(new.database, Self.schema))
        #expect(sqlite(old.database, Self.applied) == sqlite(new.database, Self.applied))
        #expect(sqlite(old.database, "SELECT text FROM message_log") == "hello")
    }

    @Test func `keep every sample of a file from before they lay in the order of time`() throws {
        let folder = Folder()
        Self.make(
            folder,
            of: 2,
            then: """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                INSERT INTO channel_samples SELECT i / 2 % 7 + 1, i % 2, i / 2, i, 2, 3, 4, 5, 6, 7, 8, 9, 10 FROM n
                """
        )
        let all = "SELECT * FROM channel_samples ORDER BY session_id, side, at_ns"
        let before = sqlite(folder.database, all)
        #expect(before.split(separator: "\n").count == 5000)
        #expect(try Play(configuration(folder)).finish())
        #expect(sqlite(folder.database, all) == before)
        let inOrder = sqlite(folder.database, "SELECT at_ns, side FROM channel_samples WHERE session_id = 1 LIMIT 3")
        #expect(inOrder == "0|1\n7|0\n7|1")
    }

    @Test func `leave views as they are that somebody else made, even those that were broken before`() throws {
        let folder = Folder()
        Self.make(
            folder,
            of: 2,
            then: """
                INSERT INTO channel_samples VALUES (1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
                CREATE VIEW mine AS SELECT input_bytes FROM channel_log;
                CREATE VIEW beneath AS SELECT fifo_bytes FROM channel_samples;
                CREATE TABLE gone (x); CREATE VIEW broken AS SELECT x FROM gone; DROP TABLE gone
                """
        )
        #expect(try Play(configuration(folder)).finish())
        #expect(sqlite(folder.database, "SELECT * FROM mine, beneath") == "2|4")
        #expect(sqlite(folder.database, "SELECT count(*) FROM sqlite_schema WHERE name = 'broken'") == "1")
    }

    @Test func `run as they are in the stock shell, and make the schema the recorder makes`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        #expect(play.finish())
        let byHand = folder.path + "/by-hand.db"
        #expect(shell("cat '\(Self.folder)'/*.sql | sqlite3 -bail '\(byHand)'") == "")
        let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        #expect(sqlite(byHand, schema) == sqlite(folder.database, schema))
    }
}
