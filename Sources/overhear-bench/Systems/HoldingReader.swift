import Glibc

/// Reads a record in one transaction, with SQLite's own shell, for as long as it is held: what is written meanwhile cannot
/// leave the write-ahead log.
///
/// Between two looks at the record the shell waits for the end of a named pipe, which is kept open here.
final class HoldingReader {
    private let folder: Folder
    private let child: Child
    private var pipe: CInt
    private static let look = "SELECT 'sees', count(*) FROM messages;"

    /// It has looked once when this returns.
    init(of database: String) throws {
        folder = try Folder()
        let name = folder.file("pipe")
        guard mkfifo(name, 0o600) == 0 else { throw Trouble("cannot make the pipe \(name)") }
        child = try Child(
            "sqlite3",
            ["-readonly", "-separator", " ", database, "BEGIN", Self.look, ".shell cat '\(name)'", Self.look],
            output: folder.file("output")
        )
        // It opens only when somebody waits at its other end (fifo(7)), and that is after the first look.
        let deadline = Clock.now() + 10_000_000_000
        while true {
            let end = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            if end >= 0 {
                pipe = end
                return
            }
            guard !child.hasEnded, Clock.now() < deadline else { throw Trouble("the reader does not read the record") }
            usleep(1000)
        }
    }

    deinit { letGo() }

    /// Lets it look again and end: having held its transaction until now, it must see what it saw at first.
    func finish() throws {
        guard !child.hasEnded else { throw Trouble("the reader has ended by itself") }
        letGo()
        let deadline = Clock.now() + 10_000_000_000
        while !child.hasEnded, Clock.now() < deadline { usleep(1000) }
        let lines = Files.text(folder.file("output"))?.split(separator: "\n") ?? []
        guard lines.count == 2, lines[0] == lines[1], lines[0].hasPrefix("sees ") else {
            throw Trouble("the reader did not hold its transaction: \(lines.joined(separator: ", "))")
        }
    }

    private func letGo() {
        guard pipe >= 0 else { return }
        close(pipe)
        pipe = -1
    }
}
