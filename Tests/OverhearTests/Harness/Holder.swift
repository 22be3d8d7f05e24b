import Foundation

/// Somebody's shell that holds the database's write lock, or a read transaction, until told to let go.
final class Holder {
    private let shell: Child
    private let folder: Folder

    init(_ relay: RunningRelay, begin: String = "BEGIN IMMEDIATE;") throws {
        let folder = try Folder()
        let script = """
            \(begin)
            .shell touch held; while [ ! -e release ]; do sleep 0.02; done
            ROLLBACK;
            """
        let shell = try Child(
            "sqlite3",
            ["-batch", "-cmd", ".timeout 20000", relay.record.path],
            directory: folder.path,
            input: script
        )
        try eventually("the shell holds the lock; it said: \(shell.errors)") { folder.names.contains("held") }
        self.shell = shell
        self.folder = folder
    }

    func letGo() throws {
        try Data().write(to: URL(fileURLWithPath: folder.file("release")))
        try shell.wait()
    }
}
