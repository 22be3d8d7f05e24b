import Foundation
import Testing

/// A capture that is kept within its limits, seen from outside.
@Suite struct `A record with limits` {
    @Test func `tells them, and what became of them`() throws {
        try withEchoServer { server in
            let limits = ["--retain-bytes", "64MiB", "--retain-age", "24h", "--retain-messages", "10"]
            let route = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            try withRelay(arguments: route + limits) { relay in
                let configuration = try relay.record.column("SELECT configuration FROM runs").first ?? ""
                for setting in [#""retain_bytes":"64MiB""#, #""retain_age":"24h""#, #""retain_messages":10"#] {
                    #expect(configuration.contains(setting), "\(configuration)")
                }
                let before = Date().timeIntervalSince1970
                let client = try relay.connect()
                for line in 1...20 {
                    try client.send("line \(line)\n")
                    _ = try client.receiveText(exactly: "line \(line)\n".utf8.count)
                }
                try eventually("the last ten are left") {
                    try relay.record.column("SELECT DISTINCT id FROM messages") == (31...40).map(String.init)
                }
                try eventually("the numbers are published") {
                    try relay.scrape()[#"overhear_recorder_pruned_rows_total{table="messages"}"#] == 30
                }
                let scrape = try relay.scrape()
                #expect(scrape["overhear_database_limit_bytes"] == 67_108_864)
                #expect((scrape["overhear_database_oldest_message_timestamp_seconds"] ?? 0) >= before)
                #expect(scrape["overhear_database_free_bytes"] != nil)
                #expect(scrape[#"overhear_recorder_pruned_rows_total{table="gaps"}"#] == 0)
            }
        }
    }

    @Test func `can do without any`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--retain-bytes", "0") { relay in
                let client = try relay.connect()
                try client.send("kept\n")
                #expect(try client.receiveText(exactly: 5) == "kept\n")
                try eventually("it is recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
                #expect(try relay.scrape()["overhear_database_limit_bytes"] == 0)
            }
        }
    }

    @Test func `takes a lower limit at the next start, and the file shrinks`() throws {
        try withEchoServer { server in
            let folder = try Folder()
            let route = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            let line = String(repeating: "x", count: 65_535) + "\n"
            try withRelay(arguments: route, folder: folder) { relay throws in
                let client = try relay.connect()
                for _ in 1...400 {
                    try client.send(line)
                    _ = try client.receive(exactly: line.utf8.count)
                }
            }
            let record = Record(path: folder.file("overhear.db"))
            #expect(try record.number("SELECT count(*) FROM messages") == 800)
            try withRelay(arguments: route + ["--retain-bytes", "32MiB"], folder: folder) { relay in
                try eventually("file and log fit") {
                    let sizes = try relay.scrape()
                    return sizes.sum("overhear_database_bytes") <= 33_554_432
                }
                #expect(try record.number("SELECT max(id) FROM messages") == 800)
                #expect(try record.number("SELECT count(*) FROM messages") > 300)
                #expect(try record.number("SELECT max(id) - min(id) + 1 = count(*) FROM messages") == 1)
            }
            #expect(try record.column("PRAGMA integrity_check") == ["ok"])
        }
    }
}
