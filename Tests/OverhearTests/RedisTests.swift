import AsyncChat
import Foundation
import Testing

/// Real Redis traffic: `redis-server`, `redis-cli` and `redis-benchmark` as Debian ships them.
@Suite struct `Redis behind the relay` {
    @Test func `answers redis-cli as without it, and every line is in the record`() throws {
        try withRedis { redis in
            try withRelay(to: redis, framing: "crlf") { relay in
                let commands = [
                    ["SET", "greeting", "hello world"], ["GET", "greeting"], ["GET", "nothing"], ["INCR", "count"],
                    ["RPUSH", "list", "a", "b\r\nc", "ü"], ["LRANGE", "list", "0", "-1"], ["NOSUCH", "command"],
                ]
                for command in commands {
                    let through = try redisClient("redis-cli", command, at: relay.address)
                    if command[0] == "SET" { #expect(through == "OK\n") }
                    guard ["GET", "LRANGE", "NOSUCH"].contains(command[0]) else { continue }
                    #expect(through == (try redisClient("redis-cli", command, at: redis)))
                }
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM sessions") == commands.count)
                let lines = try relay.record.messages(session: 1, direction: 0).suffix(7)
                #expect(
                    lines == ["*3\r\n", "$3\r\n", "SET\r\n", "$8\r\n", "greeting\r\n", "$11\r\n", "hello world\r\n"]
                )
                #expect(try relay.record.messages(session: 1, direction: 1).last == "+OK\r\n")
            }
        }
    }

    @Test(arguments: ["resp", "auto"]) func `is heard command by command and reply by reply`(framing: String) throws {
        try withRedis { redis in
            try withRelay(to: redis, framing: framing) { relay in
                let benchmark = [
                    "-n", "4000", "-c", "20", "-P", "16", "-t", "set,get,lpush,mset", "-d", "100", "--csv",
                ]
                let report = try redisClient("redis-benchmark", benchmark, at: relay.address)
                #expect(report.contains("\"SET\""), "\(report)")
                _ = try redisClient("redis-cli", ["-3", "CONFIG", "GET", "*"], at: relay.address)
                try relay.settle()
                let record = relay.record
                for command in ["SET", "GET", "LPUSH", "MSET"] {
                    let heard = try record.number(
                        "SELECT count(*) FROM messages WHERE kind = '\(command)' AND direction = 0"
                    )
                    #expect(heard >= 4000 && heard <= 4400, "\(command): \(heard)")
                }
                let counts = try record.column("SELECT count(*) FROM messages GROUP BY direction ORDER BY direction")
                #expect(counts.first == counts.last, "a reply for each command: \(counts)")
                #expect(try record.number("SELECT count(*) FROM messages WHERE kind IS NULL OR ending > 1") == 0)
                #expect(try record.number("SELECT count(*) FROM messages WHERE kind = 'map'") >= 1)
                #expect(try relay.scrape().sum("overhear_framings_lost_total") == 0)
            }
        }
    }

    /// What really went over the wires is witnessed by a tee between the relay and the server.
    @Test(arguments: [1, 16]) func `serves redis-benchmark, and three witnesses agree`(pipeline: Int) throws {
        try withRedis { redis in
            try withTee(to: redis) { address, tee in
                try withRelay(to: address, framing: "crlf") { relay in
                    let report = try redisClient(
                        "redis-benchmark",
                        [
                            "-n", "4000", "-c", "20", "-P", "\(pipeline)", "-t", "set,get", "-d", "100", "-r", "100",
                            "--csv",
                        ],
                        at: relay.address
                    )
                    #expect(report.contains("\"SET\"") && report.contains("\"GET\""), "\(report)")
                    try relay.settle()
                    try expectThreeWitnesses(relay, tee: tee.conversations)
                }
            }
        }
    }

    private func expectThreeWitnesses(_ relay: RunningRelay, tee conversations: [Tee.Conversation]) throws {
        let record = relay.record
        let scrape = try relay.scrape()
        let sessions = try record.column("SELECT id FROM sessions").compactMap { Int($0) }
        #expect(sessions.count == conversations.count)
        let recorded = try sessions.map {
            Tee.Conversation(
                upstream: try record.stream(session: $0, direction: 0),
                downstream: try record.stream(session: $0, direction: 1)
            )
        }
        // Benchmark clients leave without taking the last answer of a server that has just been told to go: never here.
        #expect(Set(recorded) == Set(conversations))
        for (direction, name, column) in [(0, "upstream", "bytes_upstream"), (1, "downstream", "bytes_downstream")] {
            let label = "direction=\"\(name)\""
            let bytes = try record.number("SELECT sum(byte_count) FROM messages WHERE direction = \(direction)")
            let messages = try record.number("SELECT count(*) FROM messages WHERE direction = \(direction)")
            #expect(scrape.sum("overhear_received_bytes_total", having: label) == Double(bytes))
            #expect(scrape.sum("overhear_sent_bytes_total", having: label) == Double(bytes))
            #expect(scrape.sum("overhear_messages_total", having: label) == Double(messages))
            #expect(try record.number("SELECT sum(\(column)) FROM sessions") == bytes)
            #expect(conversations.reduce(0) { $0 + $1.count(direction) } == bytes)
        }
        #expect(try record.number("SELECT count(*) FROM gaps") == 0)
        #expect(scrape.sum("overhear_recorder_unrecorded_messages_total") == 0)
    }
}

/// Hears a server's conversations itself: the witness that is not the product.
final class Tee: Sendable {
    struct Conversation: Hashable {
        var upstream: [UInt8] = []
        var downstream: [UInt8] = []

        func count(_ direction: Int) -> Int { direction == 0 ? upstream.count : downstream.count }
    }

    private let heard = Locked<[Conversation]>([])

    var conversations: [Conversation] { heard.withLock { $0 } }

    func serve(_ client: Wire, upstream: String) throws {
        let server = try Wire(to: upstream)
        let place = heard.withLock { heard in
            heard.append(Conversation())
            return heard.count - 1
        }
        let (from, to) = (client.descriptor, server.descriptor)
        let answers = Background { [self] in
            try Self.pump(to, from) { bytes in self.heard.withLock { $0[place].downstream += bytes } }
        }
        try Self.pump(from, to) { bytes in self.heard.withLock { $0[place].upstream += bytes } }
        try answers.wait()
    }

    private static func pump(_ source: CInt, _ target: CInt, _ hear: ([UInt8]) -> Void) throws {
        let (source, target) = (Wire(borrowing: source), Wire(borrowing: target))
        while let bytes = try? source.receiveSome(), !bytes.isEmpty {
            hear(bytes)
            try target.send(bytes)
        }
        target.shutdownWrite()
    }
}

/// Puts a tee before an upstream.
func withTee<Value>(to upstream: String, _ body: (String, Tee) throws -> Value) throws -> Value {
    let tee = Tee()
    return try withServer({ try tee.serve($0, upstream: upstream) }) { try body($0, tee) }
}
