import Foundation
import Glibc
import Testing

/// How the relay ends, and what it leaves.
@Suite struct `A relay told to end` {
    @Test(arguments: [SIGTERM, SIGINT]) func `ends at once with nothing to finish`(signal: Int32) throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay throws in
                relay.child.signal(signal)
                #expect(try relay.child.wait() == 0)
                #expect(try relay.record.column("SELECT clean FROM runs") == ["1"])
                #expect(relay.log.last?.contains("stopped") == true)
                // The log is emptied into the database: it can be copied as one file.
                let wal = relay.folder.contents["overhear.db-wal"]
                #expect(wal == nil || wal?.isEmpty == true)
            }
        }
    }

    @Test func `lets open sessions finish, and accepts no new ones`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("before\n")
                #expect(try client.receiveText(exactly: 7) == "before\n")
                relay.child.signal(SIGTERM)
                try eventually("it drains") { relay.log.contains { $0.contains(" draining") } }
                try eventually("new clients are refused") { (try? relay.connect()) == nil }
                try client.send("after\n")
                #expect(try client.receiveText(exactly: 6) == "after\n")
                let readiness = try relay.get("/-/ready")
                #expect(readiness.status == 503)
                #expect(readiness.text.contains("draining"))
                client.close()
                #expect(try relay.child.wait() == 0)
                #expect(try relay.record.messages(session: 1, direction: 1) == ["before\n", "after\n"])
                #expect(try relay.record.closeReasons(of: 1).first == "clientClosed")
            }
        }
    }

    @Test func `ends what does not finish within the drain timeout`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address, "--drain-timeout", "300ms") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            try client.send("unfinished")
            #expect(try server.receiveText(exactly: 10) == "unfinished")
            relay.child.signal(SIGTERM)
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try relay.child.wait() == 0)
            #expect(try relay.record.closeReasons(of: 1) == ["drainTimeout"])
            #expect(try relay.record.messages(direction: 0) == ["unfinished"])
            #expect(try relay.record.column("SELECT clean FROM runs") == ["1"])
        }
    }

    @Test func `twice ends now`() throws {
        let ear = try Ear()
        try withRelay(to: ear.address, "--drain-timeout", "1h") { relay in
            let client = try relay.connect()
            let server = try ear.accept()
            try client.send("cut off\n")
            #expect(try server.receiveText(exactly: 8) == "cut off\n")
            relay.child.signal(SIGTERM)
            try eventually("it drains") { relay.log.contains { $0.contains(" draining") } }
            relay.child.signal(SIGTERM)
            #expect(try client.receiveToEnd().ending == .reset)
            #expect(try relay.child.wait() == 0)
            #expect(try relay.record.closeReasons(of: 1) == ["processEnded"])
            #expect(try relay.record.messages(direction: 0) == ["cut off\n"])
        }
    }

    /// What a client sent and a server got, and what the relay says of it, when the end comes in the middle.
    @Test func `under load records every byte it relayed`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--drain-timeout", "500ms") { relay in
                let address = relay.address
                let clients = (0..<8).map { number in
                    Background { () -> Int in
                        let wire = try Wire(to: address)
                        let line = Array("client \(number) says the same thing again and again\n".utf8)
                        var received = 0
                        do {
                            while true {
                                try wire.send(line)
                                received += try wire.receive(exactly: line.count).count
                            }
                        } catch {
                            return received
                        }
                    }
                }
                try eventually("there is load") { try relay.scrape().sum("overhear_messages_total") > 2000 }
                relay.child.signal(SIGTERM)
                let received = try clients.map { try $0.wait() }.reduce(0, +)
                #expect(try relay.child.wait() == 0)
                let record = relay.record
                #expect(try record.column("SELECT clean FROM runs") == ["1"])
                #expect(try record.number("SELECT count(*) FROM gaps") == 0)
                let down = try record.number("SELECT sum(byte_count) FROM messages WHERE direction = 1")
                let up = try record.number("SELECT sum(byte_count) FROM messages WHERE direction = 0")
                #expect(down >= received)
                #expect(up >= down)
                #expect(try record.number("SELECT sum(bytes_downstream) FROM sessions") == down)
                #expect(try record.number("SELECT sum(bytes_upstream) FROM sessions") == up)
                #expect(try record.number("SELECT count(*) FROM sessions WHERE close_reason <> 'drainTimeout'") == 0)
            }
        }
    }

    @Test func `by kill leaves a record that the next start sets right`() throws {
        try withEchoServer { server in
            let folder = try Folder()
            let arguments = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0",
            ]
            let first = try RunningRelay(arguments, folder: folder)
            let client = try first.connect()
            try client.send("survives\n")
            #expect(try client.receiveText(exactly: 9) == "survives\n")
            try eventually("both messages are committed") {
                try first.record.number("SELECT count(*) FROM messages") == 2
            }
            first.child.signal(SIGKILL)
            #expect(try first.child.wait() == 128 + SIGKILL)
            try withRelay(arguments: arguments, folder: folder) { relay in
                let record = relay.record
                #expect(try record.messages(direction: 0) == ["survives\n"])
                #expect(try record.column("SELECT close_reason FROM sessions") == ["processEnded"])
                #expect(try record.column("SELECT clean FROM runs ORDER BY id") == ["0", ""])
                let gap = try record.rows("SELECT * FROM gaps")
                #expect(gap.count == 1)
                #expect(gap.first?["reason"] as? String == "unclean")
                #expect(gap.first?["messages"] is NSNull)
                #expect(relay.log.contains { $0.contains("capture.unclean") })
                // Numbers go on where they left off.
                let next = try relay.connect()
                try next.send("goes on\n")
                #expect(try next.receiveText(exactly: 8) == "goes on\n")
                next.close()
                try eventually("the next session is recorded") {
                    try record.number("SELECT count(*) FROM sessions WHERE id = 2 AND closed_at_ns NOTNULL") == 1
                }
                #expect(try record.column("SELECT id FROM messages ORDER BY id") == ["1", "2", "3", "4"])
            }
        }
    }
}
