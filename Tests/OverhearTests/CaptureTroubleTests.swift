import Foundation
import Glibc
import Testing

/// Recording that cannot keep up or fails, as clients, scrapes and the record see it.
@Suite struct `Recording in trouble` {
    private func say(_ text: String, _ client: Wire, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try client.send(text)
        let answer = try client.receiveText(exactly: text.utf8.count)
        #expect(answer == text, sourceLocation: sourceLocation)
    }

    /// What is recorded and what is declared missing add up to what was relayed.
    private func expectExactGaps(
        _ relay: RunningRelay,
        in record: Record? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let record = record ?? relay.record
        let scrape = try relay.scrape()
        for (what, metric) in [("messages", "messages_total"), ("bytes", "received_bytes_total")] {
            let column = what == "messages" ? "count(*)" : "sum(byte_count)"
            let recorded = try record.number("SELECT \(column) FROM messages")
            let missing = try record.number("SELECT sum(\(what)) FROM gaps")
            let relayed = Int(scrape.sum("overhear_\(metric)"))
            #expect(recorded + missing == relayed, "\(what)", sourceLocation: sourceLocation)
            let counted = Int(scrape.sum("overhear_recorder_unrecorded_\(what)_total"))
            #expect(counted == missing, "\(what)", sourceLocation: sourceLocation)
        }
    }

    @Test func `by a shell that holds the database suspends it, relaying goes on, and the gap is exact`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try say("before\n", client)
                let holder = try Holder(relay)
                try eventually("recording is suspended") {
                    try say("during\n", client)
                    return try relay.get("/-/ready").text.contains("suspended (stalled)")
                }
                #expect(try relay.get("/-/ready").status == 200)
                let other = try relay.connect()
                for _ in 1...100 { try say("missed\n", other) }
                other.close()
                let scrape = try relay.scrape()
                #expect(scrape[#"overhear_recorder_state{state="suspended"}"#] == 1)
                try holder.letGo()
                try eventually("recording goes on") { try relay.get("/-/ready").text == "ready\n" }
                try say("after\n", client)
                client.close()
                try eventually("the session's end is recorded") {
                    try relay.record.number("SELECT count(*) FROM sessions WHERE id = 1 AND closed_at_ns NOTNULL") == 1
                }
                #expect(try relay.record.column("SELECT reason FROM gaps") == ["stalled"])
                try expectExactGaps(relay)
                #expect(try relay.record.messages(direction: 0).last == "after\n")
                let episodes = relay.log.filter { $0.contains("capture.suspended") || $0.contains("capture.resumed") }
                #expect(episodes.count == 2, "\(episodes)")
                // What was not recorded has its number all the same.
                #expect(
                    try relay.record.number("SELECT max(sequence) FROM messages WHERE direction = 0")
                        == (try relay.record.number("SELECT messages_upstream FROM sessions WHERE id = 1"))
                )
            }
        }
    }

    @Test func `stops the traffic where that was asked for, and lets it pass again`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--on-capture-failure", "stop") { relay in
                let client = try relay.connect()
                try say("before\n", client)
                let holder = try Holder(relay)
                // Without anything to record nothing fails.
                try client.send("during\n")
                #expect(try client.receiveToEnd().ending == .reset)
                try eventually("it says so") { try relay.get("/-/ready").status == 503 }
                #expect(try relay.get("/-/ready").text.contains("suspended (stalled)"))
                #expect(try relay.connect().receiveToEnd().ending == .reset)
                let check = try Overhear.run(["healthcheck", "--metrics", relay.metricsAddress])
                #expect(check.status == 1)
                try holder.letGo()
                try eventually("traffic passes again") { try relay.get("/-/ready").status == 200 }
                try say("after\n", try relay.connect())
                try eventually("what passes is recorded again") {
                    try relay.record.number(
                        "SELECT count(*) FROM messages WHERE payload = CAST('after' || char(10) AS BLOB)"
                    ) == 2
                }
                let reasons = try relay.record.column("SELECT close_reason FROM sessions ORDER BY id")
                #expect(reasons.first == "captureStopped")
                #expect(try relay.scrape().sum("overhear_sessions_closed_total", having: "captureStopped") >= 2)
            }
        }
    }

    @Test func `by a shell that never lets go does not keep the relay from ending, and the next start says so`() throws
    {
        try withEchoServer { server in
            let folder = try Folder()
            let arguments = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            let relay = try RunningRelay(arguments, folder: folder)
            let client = try relay.connect()
            try say("before\n", client)
            try eventually("it is recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
            let holder = try Holder(relay)
            try say("never written\n", client)
            client.close()
            #expect(try relay.child.terminate() == 74)
            #expect(relay.log.last?.hasPrefix("overhear: ") == true, "\(relay.log)")
            try holder.letGo()
            try withRelay(arguments: arguments, folder: folder) { relay throws in
                #expect(try relay.record.column("SELECT reason FROM gaps") == ["unclean"])
                #expect(try relay.record.messages(direction: 0) == ["before\n"])
                #expect(try relay.record.column("SELECT close_reason FROM sessions") == ["processEnded"])
            }
        }
    }

    @Test(.enabled(if: Disk.mayBeMade, "making a small disk needs root and mount(8)"))
    func `by a full disk suspends it, relays byte for byte, and goes on with an exact gap`() throws {
        let disk = try Disk(mebibytes: 8)
        let ballast = disk.file("ballast")
        try Data(count: 5 << 20).write(to: URL(fileURLWithPath: ballast))
        try withEchoServer { server in
            try withRelay(to: server, "--database", disk.file("a.db"), "--min-free-bytes", "0") { relay in
                let client = try relay.connect()
                let line = String(repeating: "x", count: 9999) + "\n"
                try eventually("the disk is full") {
                    for _ in 1...20 { try say(line, client) }
                    return try relay.get("/-/ready").text.contains("suspended (diskFull)")
                }
                #expect(try relay.get("/-/ready").status == 200)
                for _ in 1...100 { try say(line, client) }
                try FileManager.default.removeItem(atPath: ballast)
                try eventually("recording goes on") { try relay.get("/-/ready").text == "ready\n" }
                try say("there is room again\n", client)
                client.close()
                let record = Record(path: disk.file("a.db"))
                try eventually("the session's end is recorded") {
                    try record.number("SELECT count(*) FROM sessions WHERE closed_at_ns NOTNULL") == 1
                }
                let scrape = try relay.scrape()
                #expect(try record.column("SELECT DISTINCT reason FROM gaps") == ["diskFull"])
                let recorded = try record.number("SELECT count(*) FROM messages")
                let missing = try record.number("SELECT sum(messages) FROM gaps")
                #expect(Double(recorded + missing) == scrape.sum("overhear_messages_total"))
                let bytes = try record.number("SELECT sum(byte_count) FROM messages")
                let missingBytes = try record.number("SELECT sum(bytes) FROM gaps")
                #expect(Double(bytes + missingBytes) == scrape.sum("overhear_received_bytes_total"))
                #expect(try record.column("PRAGMA integrity_check") == ["ok"])
            }
        }
    }

    @Test func `by a file that may not grow is an I/O error: it relays on, and goes on with an exact gap`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try say("before\n", client)
                try eventually("it is recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
                try succeed("prlimit", ["--pid", "\(relay.child.pid)", "--fsize=100000:100000000"])
                let line = String(repeating: "x", count: 65_535) + "\n"
                try eventually("recording is suspended") {
                    try say(line, client)
                    return try relay.get("/-/ready").text.contains("suspended (ioError)")
                }
                for _ in 1...20 { try say(line, client) }
                try succeed("prlimit", ["--pid", "\(relay.child.pid)", "--fsize=100000000:100000000"])
                try eventually("recording goes on") { try relay.get("/-/ready").text == "ready\n" }
                try say("after\n", client)
                client.close()
                try relay.settle()
                #expect(try relay.record.column("SELECT DISTINCT reason FROM gaps") == ["ioError"])
                try expectExactGaps(relay)
                #expect(relay.log.contains { $0.contains("SQLITE_IOERR_WRITE") }, "\(relay.log)")
            }
        }
    }

    @Test func `by a file that was deleted goes on with nobody disturbed, and the end says that something is missing`()
        throws
    {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try say("before\n", client)
                try FileManager.default.removeItem(atPath: relay.record.path)
                try eventually("recording is suspended") {
                    try say("during\n", client)
                    return try relay.get("/-/ready").text.contains("suspended (fileReplaced)")
                }
                for _ in 1...20 { try say("during\n", client) }
                #expect(try relay.scrape().sum("overhear_recorder_unrecorded_messages_total") >= 40)
                client.close()
                #expect(try relay.child.terminate() == 74)
                #expect(!relay.folder.names.contains("overhear.db"))
            }
        }
    }

    @Test(.enabled(if: Disk.mayBeMade, "making a small disk needs root and mount(8)"))
    func `by a disk that fills up suspends it before the disk is full, and goes on with an exact gap`() throws {
        let disk = try Disk(mebibytes: 32)
        let ballast = disk.file("ballast")
        try Data(count: 12 << 20).write(to: URL(fileURLWithPath: ballast))
        try withEchoServer { server in
            try withRelay(to: server, "--database", disk.file("a.db")) { relay in
                let client = try relay.connect()
                let line = String(repeating: "x", count: 9999) + "\n"
                try eventually("too little is left") {
                    for _ in 1...20 { try say(line, client) }
                    return try relay.get("/-/ready").text.contains("suspended (lowSpace)")
                }
                let full = try relay.scrape()
                #expect(full[#"overhear_recorder_state{state="suspended"}"#] == 1)
                #expect(full["overhear_database_filesystem_reserve_bytes"] == Double((32 << 20) / 20))
                #expect(full["overhear_database_filesystem_available_bytes"] ?? 0 > 0)
                for _ in 1...200 { try say(line, client) }
                try FileManager.default.removeItem(atPath: ballast)
                try eventually("recording goes on") { try relay.get("/-/ready").text == "ready\n" }
                try say("there is room again\n", client)
                client.close()
                let record = Record(path: disk.file("a.db"))
                try eventually("the session's end is recorded") {
                    try record.number("SELECT count(*) FROM sessions WHERE closed_at_ns NOTNULL") == 1
                }
                #expect(try record.column("SELECT DISTINCT reason FROM gaps") == ["lowSpace"])
                #expect(try record.number("SELECT sum(messages) FROM gaps") >= 400)
                try expectExactGaps(relay, in: record)
                // The numbers of what is recorded go from 1 up, with the gap's where they are left out.
                let holes = "SELECT max(sequence) - count(*) FROM messages WHERE direction = 0"
                let gap = "SELECT sum(messages) / 2 FROM gaps"
                #expect(abs(try record.number(holes) - record.number(gap)) <= 1)
                #expect(try record.column("PRAGMA integrity_check") == ["ok"])
                #expect(relay.log.filter { $0.contains("capture.suspended") }.count == 1, "\(relay.log)")
            }
        }
    }

    @Test func `by a reader that holds the log suspends it at the limit, and goes on when the reader ends`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--retain-bytes", "32MiB") { relay in
                let client = try relay.connect()
                try say("before\n", client)
                let reader = try Holder(relay, begin: "BEGIN; SELECT count(*) FROM messages;")
                let line = String(repeating: "x", count: 65_535) + "\n"
                try eventually("recording is suspended") {
                    for _ in 1...20 { try say(line, client) }
                    return try relay.get("/-/ready").text.contains("suspended (walLimit)")
                }
                for _ in 1...50 { try say(line, client) }
                #expect(try relay.scrape().sum("overhear_database_bytes") <= 1.1 * Double(32 << 20))
                try reader.letGo()
                try eventually("recording goes on") { try relay.get("/-/ready").text == "ready\n" }
                try say("after\n", client)
                client.close()
                try relay.settle()
                #expect(try relay.record.column("SELECT DISTINCT reason FROM gaps") == ["walLimit"])
                // Also of those that are too old by now.
                let scrape = try relay.scrape()
                let missing = try relay.record.number("SELECT sum(messages) FROM gaps")
                let kept = try relay.record.number("SELECT count(*) FROM messages")
                let pruned = scrape[#"overhear_recorder_pruned_rows_total{table="messages"}"#] ?? 0
                #expect(Double(kept + missing) + pruned == scrape.sum("overhear_messages_total"))
                #expect(missing == Int(scrape.sum("overhear_recorder_unrecorded_messages_total")))
                #expect(try relay.record.messages(direction: 0).last == "after\n")
            }
        }
    }

    @Test func `that is behind holds traffic up rather than miss any, however short the messages are`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--capture-buffer", "1MiB", "--max-message-bytes", "64KiB") { relay in
                let sent = try flood(relay, with: "a short line\n", pieces: 100)
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM gaps") == 0)
                #expect(try relay.record.number("SELECT sum(byte_count) FROM messages") == 2 * sent)
                try expectExactGaps(relay)
            }
        }
    }

    @Test func `that is behind misses some where that was asked for, and says exactly how many`() throws {
        try withEchoServer { server in
            let arguments = ["--when-behind", "drop", "--capture-buffer", "1MiB", "--max-message-bytes", "64KiB"]
            let route = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            try withRelay(arguments: route + arguments) { relay in
                // Long ones cost the record a multiple of what they cost the relay.
                _ = try flood(relay, with: String(repeating: "a long line ", count: 1300) + "\n", pieces: 2000)
                try relay.settle()
                #expect(try relay.record.column("SELECT DISTINCT reason FROM gaps") == ["behind"])
                try expectExactGaps(relay)
            }
        }
    }

    /// Sends a line as fast as it is taken, in pieces of 64 KiB, and takes it back.
    private func flood(_ relay: RunningRelay, with line: String, pieces: Int) throws -> Int {
        let client = try relay.connect()
        let descriptor = client.descriptor
        let piece = Array(String(repeating: line, count: (64 << 10) / line.utf8.count).utf8)
        let sender = Background { () -> Int in
            let wire = Wire(borrowing: descriptor)
            for _ in 0..<pieces { try wire.send(piece) }
            wire.shutdownWrite()
            return pieces * piece.count
        }
        let received = try client.receiveToEnd().bytes.count
        let sent = try sender.wait()
        #expect(received == sent)
        return sent
    }
}

/// A small disk in memory, gone when nobody uses it any more.
private final class Disk {
    private let folder: Folder

    static let mayBeMade = getuid() == 0 && (try? Disk(mebibytes: 1)) != nil

    init(mebibytes: Int) throws {
        folder = try Folder()
        try succeed("mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "overhear-test", folder.path])
    }

    deinit { _ = try? succeed("umount", ["--lazy", folder.path]) }

    func file(_ name: String) -> String { folder.file(name) }
}
