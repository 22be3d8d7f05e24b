import Foundation
import Glibc
import Testing

@testable import overhear

/// `overhear tail` beside a relay that records.
@Suite struct `overhear tail` {
    private func withTalk(
        _ lines: [String] = ["hello\n", "a line with\ta tab\n"],
        _ body: (RunningRelay) throws -> Void
    ) throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                for line in lines {
                    try client.send(line)
                    _ = try client.receive(exactly: line.utf8.count)
                }
                try eventually("everything is recorded") {
                    try relay.record.number("SELECT count(*) FROM messages") == 2 * lines.count
                }
                try body(relay)
            }
        }
    }

    private func tail(_ relay: RunningRelay, _ arguments: String...) throws -> String {
        let outcome = try Overhear.run(["tail", "--database", relay.record.path] + arguments)
        #expect(outcome.status == 0, "it said: \(outcome.errors)")
        #expect(outcome.errors.isEmpty)
        return outcome.output
    }

    /// Lines without their times.
    private func untimed(_ output: String) -> [String] {
        output.split(separator: "\n").map { $0.hasPrefix("--") ? String($0) : String($0.dropFirst(16)) }
    }

    @Test func `shows what passed, a line each`() throws {
        try withTalk { relay in
            #expect(
                untimed(try tail(relay)) == [
                    #"#1   >      6  hello\n"#, #"#1   <      6  hello\n"#,
                    #"#1   >     18  a line with\ta tab\n"#, #"#1   <     18  a line with\ta tab\n"#,
                ]
            )
            #expect(untimed(try tail(relay, "-n", "1")) == [#"#1   <     18  a line with\ta tab\n"#])
            #expect(try tail(relay, "-n", "0").isEmpty)
            #expect(untimed(try tail(relay, "--direction", "upstream", "-n", "1")).first?.contains(">") == true)
            #expect(try tail(relay, "--session", "2").isEmpty)
            let times = try tail(relay).split(separator: "\n").map { $0.prefix(15) }
            let recorded = try relay.record.column("SELECT substr(time, 12, 15) FROM message_log ORDER BY id")
            #expect(times.map(String.init) == recorded)
        }
    }

    @Test func `writes what jq and the shell agree on as JSON`() throws {
        try withTalk(["hello\n", "\u{1b}[2J\n", "\u{7f}\u{85}\u{202e}\"\\\n"]) { relay in
            let lines = try tail(relay, "--json").split(separator: "\n")
            let rows = try relay.record.rows(
                """
                SELECT id, session_id AS session, sequence, at_ns, byte_count AS bytes, time, hex(payload) AS hex,
                CASE direction WHEN '>' THEN 'upstream' ELSE 'downstream' END AS direction
                FROM message_log JOIN messages USING (id, session_id, sequence, byte_count) ORDER BY id
                """.replacingOccurrences(of: "CASE direction", with: "CASE message_log.direction")
            )
            #expect(lines.count == 6 && rows.count == 6)
            for (line, row) in zip(lines, rows) {
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
                let object = try #require(
                    JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                )
                for key in ["id", "session", "sequence", "at_ns", "bytes"] {
                    #expect(object[key] as? Int == row[key] as? Int, "\(key)")
                }
                for key in ["time", "direction"] { #expect(object[key] as? String == row[key] as? String) }
                #expect(Array((object["text"] as? String ?? "").utf8) == Hex.bytes(row["hex"] as? String ?? ""))
                #expect(object["ending"] as? String == "terminator")
                #expect(object["route"] as? String == "default")
            }
        }
    }

    @Test func `writes bytes that are no text as base64`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                let bytes: [UInt8] = [0xff, 0x00, 0xfe, 0x0a]
                try client.send(bytes)
                _ = try client.receive(exactly: 4)
                let line = try eventually("two messages") {
                    let lines = try tail(relay, "--json").split(separator: "\n")
                    return lines.count == 2 ? lines[0] : nil
                }
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(Data(base64Encoded: object?["base64"] as? String ?? "") == Data(bytes))
                #expect(object?["text"] == nil)
            }
        }
    }

    @Test func `gives back the stream itself with --raw`() throws {
        try withTalk(["one\n", "\u{1b}two\n"]) { relay in
            let stream = try tail(relay, "--raw", "--direction", "downstream", "-n", "99")
            #expect(stream == "one\n\u{1b}two\n")
        }
    }

    @Test func `dumps as hexdump does`() throws {
        try withTalk(["0123456789abcdefXYZ\u{1b}\n"]) { relay in
            let dump = try tail(relay, "--hex", "-n", "1").split(separator: "\n").dropFirst().joined(separator: "\n")
            let raw = Data("0123456789abcdefXYZ\u{1b}\n".utf8)
            let file = relay.folder.file("raw")
            try raw.write(to: URL(fileURLWithPath: file))
            let real = try succeed("od", ["-A", "x", "-t", "x1z", file])
            let digits: (Substring) -> [String] = { line in
                line.split(separator: " ").map(String.init).filter { $0.count == 2 && Int($0, radix: 16) != nil }
            }
            #expect(
                dump.split(separator: "\n").flatMap(digits) == real.split(separator: "\n").dropLast().flatMap(digits)
            )
            #expect(dump.hasPrefix("00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"))
            #expect(dump.hasSuffix("|XYZ..|"))
        }
    }

    @Test func `follows with each new message, and Ctrl-C ends it well`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let tail = try Child(Overhear.path, ["tail", "-f", "-n", "200", "--database", relay.record.path])
                let client = try relay.connect()
                for number in 1...50 {
                    try client.send("\(number)\n")
                    _ = try client.receive(exactly: "\(number)\n".utf8.count)
                }
                try eventually("all are shown; it said: \(tail.errors)") {
                    untimed(tail.output).count == 100
                }
                let shown = untimed(tail.output).filter { $0.contains(">") }.map { $0.suffix(4) }
                #expect(shown.last == #"50\n"#)
                tail.signal(SIGINT)
                #expect(try tail.wait() == 0)
                #expect(tail.errors.isEmpty)
            }
        }
    }

    @Test func `waits for a relay that is not there yet, and goes on with the next one`() throws {
        try withEchoServer { server in
            let folder = try Folder()
            let tail = try Child(Overhear.path, ["tail", "-f", "--database", folder.file("overhear.db")])
            try eventually("it says that it waits") { tail.errors.contains("waiting") }
            let arguments = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            for round in 1...2 {
                try withRelay(arguments: arguments, folder: folder) { relay in
                    let client = try relay.connect()
                    try client.send("round \(round)\n")
                    _ = try client.receive(exactly: 8)
                    try eventually("it is shown; it said: \(tail.errors)") {
                        tail.output.contains(#"<      8  round \#(round)\n"#)
                    }
                }
            }
            #expect(tail.errorLines.count == 1)
            #expect(try tail.terminate() == 0)
        }
    }

    @Test func `says what is missing`() throws {
        try withTalk { relay in
            try relay.stop()
            try succeed(
                "sqlite3",
                [
                    relay.record.path,
                    """
                    INSERT INTO gaps SELECT 1, 'diskFull', at_ns, at_ns + 1000000, 120, 4200 FROM messages WHERE id = 2;
                    DELETE FROM messages WHERE id = 1
                    """,
                ]
            )
            let lines = untimed(try tail(relay))
            #expect(lines.count == 4)
            #expect(lines.first?.hasPrefix("-- gap (diskFull): 120 messages, 4.1 KiB not recorded, from 2") == true)
            let object = try #require(try tail(relay, "--json").split(separator: "\n").first)
            #expect(object.hasPrefix(#"{"gap":"diskFull","run":1,"#))
        }
    }

    @Test func `ends quietly when its reader has seen enough`() throws {
        try withTalk { relay in
            let follow = "'\(Overhear.path)' tail -f --database '\(relay.record.path)'"
            let outcome = try run("bash", ["-c", "\(follow) | head -n 1; echo ${PIPESTATUS[@]}"])
            #expect(outcome.output.hasSuffix("\n0 0\n"))
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test func `lets no control byte reach a terminal, and fits its width`() throws {
        try withTalk(["\u{1b}]0;owned\u{7}\r\n", String(repeating: "x", count: 500) + "\n"]) { relay in
            let arguments = ["tail", "--database", relay.record.path]
            let plain = try Overhear.runOnTerminal(columns: 80, arguments, environment: ["NO_COLOR": "1"])
            #expect(plain.status == 0, "\(plain.output)")
            let lines = plain.output.split(separator: "\n")
            #expect(lines.count == 4)
            #expect(!plain.output.unicodeScalars.contains { $0 != "\n" && $0.value < 0x20 })
            #expect(lines.allSatisfy { $0.count <= 80 })
            #expect(lines.last?.count == 80 && lines.last?.hasSuffix("…") == true)
            let coloured = try Overhear.runOnTerminal(columns: 80, arguments)
            #expect(coloured.output.contains("\u{1b}[2m"))
            #expect(coloured.output.replacing(/\u{1b}\[[0-9]+m/, with: "") == plain.output)
        }
    }

    @Test func `writes raw bytes to no terminal`() throws {
        try withTalk { relay in
            let outcome = try Overhear.runOnTerminal(columns: 80, ["tail", "--raw", "--database", relay.record.path])
            #expect(outcome.status == 64)
            #expect(outcome.output.contains("--hex"))
        }
    }

    @Test func `reads what a killed relay has left, and leaves the file as it is`() throws {
        try withEchoServer { server in
            let relay = try RunningRelay(
                ["--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "off"],
                folder: try Folder()
            )
            let client = try relay.connect()
            try client.send("last words\n")
            _ = try client.receive(exactly: 11)
            try eventually("both are recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
            relay.child.signal(SIGKILL)
            try relay.child.wait()
            let before = relay.folder.contents
            #expect(untimed(try tail(relay)).count == 2)
            let after = relay.folder.contents
            for name in ["overhear.db", "overhear.db-wal"] { #expect(before[name] == after[name]) }
        }
    }

    @Test func `reads a closed capture in a folder that may only be read`() throws {
        try withTalk { relay in
            try relay.stop()
            let folder = relay.folder
            for name in folder.names {
                try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.file(name))
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
            let before = folder.contents
            let outcome = try Overhear.runAsNobody(["tail", "--database", relay.record.path])
            #expect(outcome.status == 0, "it said: \(outcome.errors)")
            #expect(untimed(outcome.output).count == 4)
            #expect(folder.contents == before)
        }
    }

    @Test func `says in one sentence what keeps it from a killed relay's log in a folder that may only be read`() throws
    {
        let folder = try Folder()
        let relay = try RunningRelay(
            ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:7", "--metrics", "off"],
            folder: folder
        )
        relay.child.signal(SIGKILL)
        try relay.child.wait()
        try FileManager.default.removeItem(atPath: folder.file("overhear.db-shm"))
        for name in folder.names {
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.file(name))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        let before = folder.contents
        let outcome = try Overhear.runAsNobody(["tail", "--database", relay.record.path])
        #expect(outcome.status == 74, "it said: \(outcome.errors)")
        #expect(outcome.errors.contains("overhear.db-wal into a folder of yours"), "it said: \(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(folder.contents == before)
    }
}
