import Testing

@testable import overhear_bench

/// That an instrument finds no losses says something only if it can find some.
@Suite(.serialized) struct `A loss` {
    private let program =
        SystemCatalogue.ownProgram.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/overhear-bench"

    /// What comes of a load on a part of the bench's own that serves it wrongly.
    private func put(_ load: String, on part: [String]) throws -> Outcome {
        let folder = try Folder()
        let port = try Loopback.freePort()
        let server = try Child(program, part + ["--port", "\(port)"], output: folder.file("output"))
        try server.waitUntilListening(on: port)
        let watch = Watch(warmUp: 0, duration: Nanoseconds(seconds: 0.05), mark: {}, patience: Nanoseconds(seconds: 1))
        return try #require(Load.named(load)).run(on: port, watch) { 1000 }
    }

    @Test func `shows where a server closes instead of answering`() {
        // It answers the greeting and closes.
        #expect(throws: (any Error).self) { try put("pingpong-64", on: ["echo", "--once"]) }
    }

    @Test func `shows where nothing comes back`() {
        // The sink takes all and answers at the end only.
        #expect(throws: (any Error).self) { try put("connect", on: ["sink"]) }
    }

    @Test func `shows where another count arrives than was sent`() throws {
        // An echo answers a stream with itself, whose first line is no count.
        #expect(try put("one-way", on: ["echo"]).lostBytes > 0)
    }

    @Test func `shows where other bytes come back than were sent`() {
        // PostgreSQL answers a connection's first message with another, and a plain echo does not.
        #expect(throws: Trouble.self) { try put("postgres", on: ["echo"]) }
    }
}

@Suite struct `A record` {
    private let folder: Folder
    private let place: System.Place
    /// Two messages of 5 bytes to the server, one of 3 back.
    private let outcome: Outcome

    init() throws {
        folder = try Folder()
        place = System.Place(folder: folder, port: 0, upstream: 0, metrics: 0, content: .lines)
        var outcome = Outcome()
        outcome.sent = Outcome.Traffic(messages: 2, bytes: 10)
        outcome.answered = Outcome.Traffic(messages: 1, bytes: 3)
        self.outcome = outcome
        try change(
            "CREATE TABLE messages (id INTEGER PRIMARY KEY, direction, byte_count, payload); CREATE TABLE gaps (reason)"
        )
        try change(
            "INSERT INTO messages VALUES (1, 0, 5, x'6162636465'), (2, 1, 3, x'616263'), (3, 0, 5, x'6162636465')"
        )
    }

    private func change(_ sql: String) throws {
        _ = try Child.output(of: "sqlite3", [place.capture, sql])
    }

    private static let whole = Record.capture(payloadLimit: 1 << 20)

    @Test func `that holds what was sent is as it should be`() throws {
        try Self.whole.checkEnded(place, outcome)
        try Record.rows.checkEnded(place, outcome)
        try Record.prunedCapture.checkEnded(place, outcome)
    }

    @Test(arguments: [
        "DELETE FROM messages WHERE id = 3",
        "INSERT INTO messages VALUES (4, 1, 0, x'')",
        "UPDATE messages SET byte_count = 6 WHERE id = 1",
        "UPDATE messages SET payload = x'61' WHERE id = 2",
        "UPDATE messages SET direction = 1 WHERE id = 1",
        "INSERT INTO gaps VALUES ('behind')",
    ]) func `that differs from what was sent is refused`(change sql: String) throws {
        try change(sql)
        #expect(throws: Trouble.self) { try Self.whole.checkEnded(place, outcome) }
    }

    @Test(arguments: [
        "DELETE FROM messages WHERE id = 3",
        "INSERT INTO messages VALUES (4, 0, 1, x'61')",
        "INSERT INTO gaps VALUES ('behind')",
    ]) func `is held to no more than a client tells that counts only what it sent`(change sql: String) throws {
        var outcome = Outcome()
        outcome.sent.messages = 2
        outcome.tellsOnlyMessagesSent = true
        try Self.whole.checkEnded(place, outcome)
        try change(sql)
        #expect(throws: Trouble.self) { try Self.whole.checkEnded(place, outcome) }
    }

    @Test(arguments: [Record.rows, .prunedCapture]) func `that needs more than such a client tells says so`(
        record: Record
    ) throws {
        var outcome = Outcome()
        outcome.tellsOnlyMessagesSent = true
        let trouble = #expect(throws: Trouble.self) { try record.checkEnded(place, outcome) }
        let words = "this record cannot be held against a client that tells only how many messages it sent"
        #expect(trouble?.description == words)
    }

    @Test func `of beginnings holds just those`() throws {
        let beginnings = Record.capture(payloadLimit: 4)
        #expect(throws: Trouble.self) { try beginnings.checkEnded(place, outcome) }
        try change("UPDATE messages SET payload = substr(payload, 1, 4)")
        try beginnings.checkEnded(place, outcome)
        #expect(throws: Trouble.self) { try Self.whole.checkEnded(place, outcome) }
    }

    @Test func `that is pruned must have numbered every message`() throws {
        try change("DELETE FROM messages WHERE id < 3")
        try Record.prunedCapture.checkEnded(place, outcome)
        try change("DELETE FROM messages; INSERT INTO messages VALUES (2, 0, 5, x'6162636465')")
        #expect(throws: Trouble.self) { try Record.prunedCapture.checkEnded(place, outcome) }
    }
}
