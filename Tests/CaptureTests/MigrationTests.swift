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
