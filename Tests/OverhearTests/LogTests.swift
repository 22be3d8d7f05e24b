import AsyncChat
import Foundation
import Glibc
import Testing

/// What the program says while it runs.
@Suite struct `The log` {
    @Test func `in JSON is one object a line`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--log-format", "json", "--log-level", "debug") { relay in
                let client = try relay.connect()
                try client.send("a secret\n")
                #expect(try client.receiveText(exactly: 9) == "a secret\n")
                client.close()
                try relay.settle()
                try relay.stop()
                var events: [String] = []
                for line in relay.log {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    let event = try #require(object?["event"] as? String, "\(line)")
                    #expect(object?["time"] is String && object?["level"] is String)
                    events.append(event)
                    #expect(!line.contains("secret"))
                }
                let expected = [
                    "relay.listening", "metrics.listening", "ready", "session.opened", "session.closed", "draining",
                    "stopped",
                ]
                #expect(events.filter { expected.contains($0) } == expected)
            }
        }
    }

    @Test func `in text is a time, a level, an event and fields, one line each`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("a secret\n")
                #expect(try client.receiveText(exactly: 9) == "a secret\n")
                client.close()
                try relay.settle()
                try relay.stop()
                for line in relay.log {
                    #expect(
                        line.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z]+ [a-z.]+( [a-z_]+=.+)*$/),
                        "\(line)"
                    )
                    #expect(!line.contains("secret"))
                }
                let closed = try #require(relay.log.first { $0.contains("session.closed") })
                for field in ["id=1", "reason=clientClosed", "bytes_upstream=9", "messages_downstream=1"] {
                    #expect(closed.contains(field), "\(closed)")
                }
            }
        }
    }

    @Test func `says the commands to look with, and they work`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("look here\n")
                #expect(try client.receiveText(exactly: 10) == "look here\n")
                try eventually("both are recorded") { try relay.record.number("SELECT count(*) FROM messages") == 2 }
                let looks = relay.log.compactMap { $0.firstMatch(of: /look=(.+?)( [a-z_]+=|$)/).map { String($0.1) } }
                #expect(looks.count == 2)
                for look in looks {
                    // In the log a text with blanks stands in double quotes.
                    let isQuoted = look.hasPrefix("\"")
                    let command = isQuoted ? String(look.dropFirst().dropLast()) : look
                    let outcome = try run("sh", ["-c", command], directory: relay.folder.path)
                    #expect(outcome.status == 0, "\(command): \(outcome.errors)")
                    #expect(outcome.output.contains("look here") || outcome.output.contains("overhear_sessions_total"))
                }
            }
        }
    }

    @Test func `that nobody reads any more stops neither the relay nor its end`() throws {
        try withEchoServer { server in
            let pipe = try LogPipe()
            let relay = try RunningRelay(
                ["--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--metrics", "127.0.0.1:0"],
                folder: try Folder(),
                errors: (pipe.writeEnd, { pipe.lines })
            )
            // From here on nobody reads. Two lines a session, far more than a pipe holds.
            for _ in 1...1000 {
                let client = try relay.connect()
                try client.send("still relayed\n")
                #expect(try client.receiveText(exactly: 14) == "still relayed\n")
            }
            try relay.settle()
            #expect(try relay.record.number("SELECT count(*) FROM messages") == 2000)
            #expect(try relay.get("/-/ready").status == 200)
            #expect(try relay.child.terminate() == 0)
        }
    }
}

/// A pipe for a program's log, with a reader that can stop reading.
private final class LogPipe: Sendable {
    let writeEnd: CInt
    private let readEnd: CInt
    private let text = Locked("")

    init() throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Trouble.call("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// What has come so far; whoever does not ask, does not read.
    var lines: [String] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(readEnd, &buffer, buffer.count)
        return text.withLock {
            if count > 0 { $0 += String(decoding: buffer[..<count], as: UTF8.self) }
            return $0.split(separator: "\n").map(String.init)
        }
    }
}
