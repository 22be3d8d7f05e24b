import Foundation
import Synchronization
import Testing

/// Programs that people read a capture with, while it is being written. `make test-real` installs them.
@Suite(.serialized, .enabled(if: realParts, "only with OVERHEAR_REAL_PARTS=1, as make test-real sets it"))
struct `Readers beside the recorder` {
    private func python(_ program: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = root.deletingLastPathComponent().appendingPathComponent(".build-python/bin/\(program)").path
        guard access(path, X_OK) == 0 else { throw Trouble("\(path) is missing; run .ci/install-packages real") }
        return path
    }

    /// Clients sing while a reader asks again and again for how many messages there are: the answers only ever rise, and
    /// neither the clients nor the recorder notice.
    private func expectUndisturbed(
        _ relay: RunningRelay,
        seconds: Double = 4,
        by count: () throws -> Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let address = relay.address
        let song = Background { try Chorus.sing(20, at: address, for: seconds) }
        var counts: [Int] = []
        while !song.isDone { counts.append(try count()) }
        let total = try song.wait().reduce(0, +)
        #expect(counts.count > 2, sourceLocation: sourceLocation)
        #expect(counts == counts.sorted(), sourceLocation: sourceLocation)
        #expect(counts.contains { $0 > 0 && $0 < 2 * total }, "it reads while it is written: \(counts)")
        try relay.settle()
        #expect(try count() == 2 * total, sourceLocation: sourceLocation)
        #expect(try relay.record.number("SELECT count(*) FROM gaps") == 0, sourceLocation: sourceLocation)
        #expect(!relay.log.contains { $0.contains("capture.suspended") }, sourceLocation: sourceLocation)
    }

    private func json(_ text: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(text.utf8)) }

    @Test func `may be the sqlite3 shell, which sees every message once and in order`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                var last = 0
                try expectUndisturbed(relay) {
                    let next = try relay.record.rows(
                        "SELECT count(*) AS count, min(id) AS first, max(id) AS last FROM messages WHERE id > \(last)"
                    )
                    let row = try #require(next.first)
                    let count = row["count"] as? Int ?? 0
                    if count > 0 {
                        #expect(row["first"] as? Int == last + 1)
                        #expect(row["last"] as? Int == last + count)
                    }
                    last += count
                    return last
                }
            }
        }
    }

    @Test func `may be datasette`() throws {
        let datasette = try python("datasette")
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let child = try Child(datasette, ["serve", relay.record.path, "--host", "127.0.0.1", "--port", "0"])
                defer { child.signal(SIGTERM) }
                let address = try eventually("datasette listens; it said: \(child.errors)") {
                    child.errors.firstMatch(of: /running on (http:\S+)/).map { String($0.1) }
                }
                let select = "SELECT+count(*)+AS+n,max(id)-min(id)%2B1+AS+dense+FROM+messages"
                try expectUndisturbed(relay) {
                    let answer = try succeed("curl", ["-sf", "\(address)/overhear.json?_shape=array&sql=\(select)"])
                    let row = try #require((try json(answer) as? [[String: Any]])?.first)
                    let count = row["n"] as? Int ?? 0
                    if count > 0 { #expect(row["dense"] as? Int == count) }
                    return count
                }
                let view = try succeed("curl", ["-sf", "\(address)/overhear/message_log.json?_shape=array&_size=5"])
                #expect((try json(view) as? [[String: Any]])?.first?["text"] as? String == #"client 0 says line 1\n"#)
            }
        }
    }

    @Test func `may be sqlite-utils, which opens the file for writing`() throws {
        let utils = try python("sqlite-utils")
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let path = relay.record.path
                try expectUndisturbed(relay) {
                    let answer = try succeed(utils, ["query", path, "SELECT count(*) AS n FROM messages"])
                    return (try json(answer) as? [[String: Any]])?.first?["n"] as? Int ?? 0
                }
                let tables = try succeed(utils, ["tables", path, "--counts"])
                let count = try relay.record.number("SELECT count(*) FROM messages")
                let rows = try json(tables) as? [[String: Any]] ?? []
                #expect(rows.contains { $0["table"] as? String == "messages" && $0["count"] as? Int == count })
                #expect(try succeed(utils, ["rows", path, "session_log", "--limit", "1"]).contains("clientClosed"))
            }
        }
    }

    @Test func `may keep a transaction open for long: the recorder goes on, and takes the log back afterwards`() throws
    {
        try withEchoServer { server in
            try withRelay(to: server, "--retain-bytes", "256MiB") { relay in
                let client = try relay.connect()
                try client.send("before\n")
                #expect(try client.receiveText(exactly: 7) == "before\n")
                try eventually("it is recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
                let folder = try Folder()
                let script = """
                    BEGIN; SELECT count(*) FROM messages;
                    .shell touch held; while [ ! -e release ]; do sleep 0.02; done
                    SELECT count(*) FROM messages; ROLLBACK;
                    """
                let reader = try Child(
                    "sqlite3",
                    ["-readonly", "-batch", relay.record.path],
                    directory: folder.path,
                    input: script
                )
                try eventually("the reader holds its view") { folder.names.contains("held") }
                let total = try Chorus.sing(20, at: relay.address, for: 4).reduce(0, +)
                let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65_535) + [UInt8(ascii: "\n")]
                for _ in 1...300 {
                    try client.send(piece)
                    _ = try client.receive(exactly: piece.count)
                }
                try eventually("the log is long") {
                    try relay.scrape()[#"overhear_database_bytes{file="wal"}"#] ?? 0 > 32_000_000
                }
                #expect(try relay.get("/-/ready").text == "ready\n")
                try Data().write(to: URL(fileURLWithPath: folder.file("release")))
                try reader.wait()
                #expect(reader.output == "2\n2\n")
                client.close()
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM messages") == 2 * total + 2 + 600)
                #expect(try relay.record.number("SELECT count(*) FROM gaps") == 0)
                let again = try relay.connect()
                try eventually("the log is short again") {
                    try again.send("after\n")
                    _ = try again.receiveText(exactly: 6)
                    return try relay.scrape()[#"overhear_database_bytes{file="wal"}"#] ?? .infinity <= 33_554_432
                }
            }
        }
    }
}
