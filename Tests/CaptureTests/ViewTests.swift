import Testing
import Traffic

@testable import Capture

@Suite struct `The views` {
    private func withTalk(_ body: (Folder) -> Void) throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.open(2, route: 1)
        play.say("a one\n")
        play.say("a two\n")
        play.say("noise\n", session: 2)
        play.say("answer\n", .downstream)
        play.say("more\n", .downstream)
        play.say("unanswered\n")
        play.sample(1)
        play.close(1)
        #expect(play.finish())
        body(folder)
    }

    private func text(of payload: String) throws -> String {
        let folder = Folder()
        let play = try Play(configuration(folder))
        #expect(play.finish())
        shell(
            """
            sqlite3 '\(folder.database)' "INSERT INTO sessions (id, run_id, route, client_address, opened_at_ns,
            first_message_id, last_message_id) VALUES (1, 1, 'r', 'c', 0, 1, 1);
            INSERT INTO messages VALUES (1, 1, 0, 1, 0, 0, 0, NULL, \(payload))"
            """
        )
        return sqlite(folder.database, "SELECT text FROM message_log")
    }

    @Test(arguments: [
        ("x''", ""),
        ("x'50494e470d0a'", #"PING\r\n"#),
        ("x'610962'", #"a\tb"#),
        ("x'c3a9e282ac'", "é€"),
        ("x'48454c4c4f00574f52'", "x'48454C4C4F00574F52'"),
        ("x'1b5b326a'", "x'1B5B326A'"),
        ("x'636166e9'", "x'636166E9'"),
        ("x'61a962'", "x'61A962'"),
        ("x'c285'", "x'C285'"),
        ("x'7f'", "x'7F'"),
    ]) func `show text where it is text, and bytes where not`(payload: String, shown: String) throws {
        #expect(try text(of: payload) == shown)
    }

    @Test func `pair each request with its answer`() throws {
        try withTalk { folder in
            let pairs = sqlite(
                folder.database,
                "SELECT session_id, request_id, request, answer_id, answer, turnaround_ns FROM exchanges WHERE session_id = 1"
            )
            #expect(pairs == "1|2|a two\\n|4|answer\\n|2000\n1|6|unanswered\\n|||")
        }
    }

    @Test func `show sessions and channels`() throws {
        try withTalk { folder in
            let sessions = "SELECT session_id, time, route, state, messages_upstream, bytes_downstream FROM session_log"
            #expect(
                sqlite(folder.database, sessions)
                    == "1|2023-11-14T22:13:20.000001Z|default|clientClosed|3|12\n"
                    + "2|2023-11-14T22:13:20.000003Z|other|open|1|0"
            )
            let channels = "SELECT session_id, route, side, bytes_in FROM channel_log"
            #expect(sqlite(folder.database, channels) == "1|default|client|7\n1|default|upstream|7")
        }
    }

    @Test(arguments: ["message_log", "exchanges", "session_log", "channel_log"])
    func `reach a session's rows without reading all others`(view: String) throws {
        try withTalk { folder in
            let plan = sqlite(folder.database, "EXPLAIN QUERY PLAN SELECT * FROM \(view) WHERE session_id = 1")
            for table in ["m", "s", "c", "messages", "sessions", "channel_samples"] {
                let scans = plan.split(separator: "\n").contains { $0.hasSuffix("SCAN \(table)") }
                #expect(!scans, "\(plan)")
            }
            #expect(plan.contains("SEARCH"))
        }
    }

    @Test func `follow the newest messages without reading all others`() throws {
        try withTalk { folder in
            let plan = sqlite(folder.database, "EXPLAIN QUERY PLAN SELECT * FROM message_log WHERE id > 3")
            #expect(plan.contains("SEARCH m USING INTEGER PRIMARY KEY (rowid>?)"))
            #expect(plan.contains("SEARCH s USING INTEGER PRIMARY KEY (rowid=?)"))
        }
    }
}
