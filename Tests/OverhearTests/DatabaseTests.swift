import Foundation
import Glibc
import Testing

/// `overhear db` beside a relay that records.
@Suite struct `overhear db` {
    private func answer(_ arguments: [String], status: Int32 = 0) throws -> [String: Any] {
        let outcome = try Overhear.run(["db"] + arguments + ["--json"])
        #expect(outcome.status == status, "it said: \(outcome.errors)\(outcome.output)")
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
    }

    /// A relay through which lines pass all the time.
    private func withTraffic(_ arguments: String..., body: (RunningRelay) throws -> Void) throws {
        try withEchoServer { server in
            let all = ["--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0"]
            try withRelay(arguments: all + arguments) { relay in
                let address = relay.address
                let stop = relay.folder.file("stop")
                let talk = Background {
                    let client = try Wire(to: address)
                    let lines = String(repeating: String(repeating: "x", count: 99) + "\n", count: 100)
                    while access(stop, F_OK) != 0 {
                        try client.send(lines)
                        _ = try client.receive(exactly: lines.utf8.count)
                    }
                }
                defer {
                    _ = FileManager.default.createFile(atPath: stop, contents: nil)
                    try? talk.wait()
                }
                try eventually("something is recorded") {
                    try relay.record.number("SELECT count(*) FROM messages") > 5000
                }
                try body(relay)
            }
        }
    }

    @Test func `copies a live capture whole, and the copy is whole by the shell's word and ours`() throws {
        try withTraffic { relay in
            let before = try relay.record.number("SELECT max(id) FROM messages")
            let target = relay.folder.file("copy.db")
            let snapshot = try answer(["snapshot", target, "--database", relay.record.path])
            let copy = Record(path: target)
            #expect(try copy.column("PRAGMA integrity_check") == ["ok"])
            let messages = try copy.number("SELECT count(*) FROM messages")
            #expect(snapshot["messages"] as? Int == messages)
            #expect(try copy.number("SELECT max(id) FROM messages") == messages)
            #expect(messages >= before)
            // One moment: what its session says of messages is what messages there are.
            #expect(try copy.number("SELECT last_message_id FROM sessions WHERE id = 1") == messages)
            #expect(try copy.number("SELECT messages_upstream + messages_downstream FROM sessions") >= messages)
            let check = try answer(["check", "--database", target])
            #expect(check["whole"] as? Bool == true)
            let scrape = try relay.scrape()
            #expect(scrape[#"overhear_recorder_state{state="suspended"}"#] == 0)
        }
    }

    @Test func `checks and measures a live capture`() throws {
        try withTraffic { relay in
            var check: [String: Any] = [:]
            // Where the relay writes faster than pages are checked, that part is broken off, and says so.
            try eventually("the pages are checked to the end") {
                let outcome = try Overhear.run(["db", "check", "--database", relay.record.path, "--json"])
                check = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
                return check["integrity"] as? String == "ok" && outcome.status == 0
            }
            #expect(check["writer"] as? Bool == true)
            #expect(check["missing_ids"] as? Int == 0)
            let stats = try answer(["stats", "--database", relay.record.path])
            let tables = stats["tables"] as? [String: [String: Any]]
            #expect(tables?["messages"]?["rows"] as? Int ?? 0 > 5000)
            #expect(stats["open_sessions"] as? Int == 1)
        }
    }

    @Test func `says in its exit status whether a record is whole`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("hello\n")
                _ = try client.receive(exactly: 6)
                client.close()
                try relay.settle()
                try relay.stop()
                let path = relay.record.path
                let whole = try Overhear.run(["db", "check", "--database", path])
                #expect(whole.status == 0)
                #expect(
                    whole.output == """
                        pages: ok
                        messages: 2, ids 1 to 2, none missing
                        sessions: 1, 0 open
                        runs: 1
                        gaps: none
                        \(path) is whole

                        """
                )
                try succeed("sqlite3", [path, "INSERT INTO gaps VALUES (1, 'diskFull', 1, 2, 3, 4000)"])
                let outcome = try Overhear.run(["db", "check", "--database", path])
                #expect(outcome.status == 1)
                #expect(outcome.errors.isEmpty)
                #expect(outcome.output.contains("gaps: 1 diskFull: 3 messages, 3.9 KiB not recorded\n"))
                #expect(outcome.output.hasSuffix("is not whole\n"))
            }
        }
    }

    @Test func `takes its database from the environment`() throws {
        let folder = try Folder()
        for command in [["tail"], ["sessions"], ["db", "stats"], ["db", "check"]] {
            let outcome = try Overhear.run(command, environment: ["OVERHEAR_DATABASE": folder.file("there.db")])
            #expect(outcome.status == 74)
            #expect(outcome.errors.contains("there.db"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [
        ["tail"], ["sessions"], ["db", "stats"], ["db", "check"], ["db", "snapshot", "copy.db"],
    ])
    func `and the other readers refuse with one sentence what they cannot read, and leave it as it is`(
        command: [String]
    ) throws {
        let folder = try Folder()
        try Data("Dear diary, nothing was heard today, and again nothing.".utf8).write(
            to: URL(fileURLWithPath: folder.file("text"))
        )
        try Data().write(to: URL(fileURLWithPath: folder.file("empty")))
        try succeed("sqlite3", [folder.file("other.db"), "CREATE TABLE t (a)"])
        try withRelay(
            arguments: ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:7", "--metrics", "off"],
            folder: folder
        ) { _ in }
        try succeed("cp", [folder.file("overhear.db"), folder.file("newer.db")])
        try succeed("sqlite3", [folder.file("newer.db"), "PRAGMA user_version = 99"])
        let before = folder.contents
        for (name, status, words) in [
            ("none", 74, "there is no none: "), ("text", 78, "text is not an SQLite database"),
            ("empty", 74, "is empty"),
            ("other.db", 78, "not overhear's"), ("newer.db", 78, "schema 99"), (".", 78, "is not a file"),
        ] as [(String, Int32, String)] {
            let outcome = try Overhear.run(command + ["--database", name], directory: folder.path)
            #expect(outcome.status == status, "\(name): \(outcome.errors)")
            #expect(outcome.errors.hasPrefix("overhear: ") && outcome.errors.contains(words), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
        #expect(folder.contents == before)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.file("overhear.db"))
        let outcome = try Overhear.runAsNobody(command + ["--database", folder.file("overhear.db")])
        #expect(getuid() != 0 || outcome.status == 74, "\(outcome.errors)")
        #expect(getuid() != 0 || outcome.errors.contains("Permission denied"), "\(outcome.errors)")
    }

    @Test func `snapshot leaves nothing where it cannot write`() throws {
        let folder = try Folder()
        try withRelay(
            arguments: ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:7", "--metrics", "off"],
            folder: folder
        ) { _ in }
        let before = folder.contents
        for target in ["missing/copy.db", "overhear.db"] {
            let outcome = try Overhear.run(["db", "snapshot", target], directory: folder.path)
            #expect(outcome.status == 73, "\(outcome.errors)")
            #expect(outcome.errors.contains(target))
        }
        #expect(folder.contents == before)
    }

    // MARK: - What changes the file

    private static let changing = [["migrate"], ["shrink"], ["prune", "--retain-messages", "1"]]

    @Test(arguments: changing) func `changes nothing that a relay has`(command: [String]) throws {
        try withTraffic { relay in
            let outcome = try Overhear.run(["db"] + command + ["--database", relay.record.path])
            #expect(outcome.status == 75)
            #expect(outcome.errors.hasPrefix("overhear: another overhear is writing"), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(outcome.output.isEmpty)
        }
    }

    @Test(arguments: changing) func `changes nothing that is not a capture, and makes none`(command: [String]) throws {
        let folder = try Folder()
        try succeed("sqlite3", [folder.file("other.db"), "CREATE TABLE t (a)"])
        let before = folder.contents
        for (name, status) in [("none", 74), ("other.db", 78), (".", 78)] as [(String, Int32)] {
            let outcome = try Overhear.run(["db"] + command + ["--database", name], directory: folder.path)
            #expect(outcome.status == status, "\(name): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
        #expect(folder.contents == before)
    }

    @Test func `prunes to the row, and shrinks to what is left`() throws {
        let folder = try Folder()
        try withTraffic { relay in
            _ = try answer(["snapshot", folder.file("copy.db"), "--database", relay.record.path])
        }
        let path = folder.file("copy.db")
        let copy = Record(path: path)
        let count = try copy.number("SELECT count(*) FROM messages")
        let last = try copy.column("SELECT id, at_ns, hex(payload) FROM messages ORDER BY id DESC LIMIT 100")
        let pruned = try answer(["prune", "--retain-messages", "100", "--database", path])
        #expect(pruned["messages"] as? Int == count - 100)
        #expect(try copy.column("SELECT id, at_ns, hex(payload) FROM messages ORDER BY id DESC") == last)
        let shrunk = try answer(["shrink", "--database", path])
        #expect(try copy.number("PRAGMA freelist_count") == 0)
        #expect(try copy.column("PRAGMA integrity_check") == ["ok"])
        let byteCount = try #require(shrunk["bytes_after"] as? Int)
        #expect(byteCount < 200_000)
        #expect(folder.contents["copy.db"]?.count == byteCount)
        #expect(try answer(["check", "--database", path])["messages"] as? Int == 100)
    }

    @Test func `takes limits for pruning from the environment, and wants one`() throws {
        let folder = try Folder()
        try withTraffic { relay in
            _ = try answer(["snapshot", folder.file("copy.db"), "--database", relay.record.path])
        }
        let without = try Overhear.run(["db", "prune"], directory: folder.path)
        #expect(without.status == 64)
        #expect(without.errors.contains("--retain-age"))
        let outcome = try Overhear.run(
            ["db", "prune"],
            environment: ["OVERHEAR_RETAIN_MESSAGES": "7", "OVERHEAR_DATABASE": "copy.db"],
            directory: folder.path
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Record(path: folder.file("copy.db")).number("SELECT count(*) FROM messages") == 7)
        for wrong in [["--retain-bytes", "1MiB"], ["--retain-messages", "-1"], ["--retain-age", "soon"]] {
            #expect(try Overhear.run(["db", "prune"] + wrong, directory: folder.path).status == 64)
        }
    }

    @Test func `migrates what is up to date already by doing nothing to it`() throws {
        let folder = try Folder()
        try withRelay(
            arguments: ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:7", "--metrics", "off"],
            folder: folder
        ) { _ in }
        let before = folder.contents
        let outcome = try Overhear.run(["db", "migrate"], directory: folder.path)
        #expect(outcome.status == 0)
        #expect(outcome.output == "overhear.db: is up to date\n")
        #expect(folder.contents == before)
    }
}
