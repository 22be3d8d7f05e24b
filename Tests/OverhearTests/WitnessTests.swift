import AsyncChat
import CSQLite
import Metrics
import Relay
import Testing
import Traffic

@testable import Capture

/// The law of the house with the real recorder and the real metrics as witnesses. The conversations are those of
/// Tests/RelayTests (linked here), which ask the relay alone.
@Suite struct `The record and the counters` {
    static let framings = [
        "lf", "crlf", "delimiter:abaab0abaab1", "fixed:7", "none", "delimiter:616162616163", "http", "resp", "postgres",
        "smtp", "length:u8",
    ]

    @Test func `agree with the wire for every cut and every ending`() throws {
        let court = try Court()
        for cut in [1, 2, 3, 5, 8, nil] {
            for ending in WireEnding.allCases { try court.play(cut: cut, ending: ending) }
        }
        for ending in [WireEnding.together, .clientFirst, .upstreamResets] {
            try court.play(cut: nil, ending: ending, isNarrow: true)
        }
        try court.close()
        for play in court.plays { #expect(try court.violations(play).isEmpty, "\(play.script)") }
        #expect(try court.gaps() == Court.Sums())
        #expect(try court.recorded() == court.counted())
        #expect(try court.closed() == court.plays.count)
    }

    @Test func `agree without a gap when the writer is behind and traffic waits for it`() throws {
        let court = try Court {
            $0.bufferByteCount = 384 << 10
            $0.stallLimit = .seconds(1000)
        }
        for ending in WireEnding.allCases where ending != .refused && ending != .aborted {
            court.gate.stop()
            try court.play(cut: nil, ending: ending, isNarrow: true)
            court.gate.open()
            try court.settle()
        }
        try court.close()
        for play in court.plays { #expect(try court.violations(play).isEmpty, "\(play.script)") }
        #expect(court.turnsWithoutRoom > 0)
        #expect(try court.gaps() == Court.Sums())
        #expect(try court.recorded() == court.counted())
    }

    @Test func `agree up to the declared gaps when the writer is behind and traffic is not held up for it`() throws {
        let court = try Court {
            $0.whenBehind = .drop
            $0.bufferByteCount = 64 << 10
            $0.stallLimit = .seconds(1000)
        }
        for cut in [7, nil] {
            for ending in WireEnding.allCases where ending != .refused {
                court.gate.stop()
                try court.play(cut: cut, ending: ending, isNarrow: cut == nil)
                court.gate.open()
                try court.settle()
            }
        }
        try court.close()
        let gaps = try court.gaps()
        #expect(gaps.messages > 0)
        #expect(try court.recorded() + gaps == court.counted())
    }
}

/// A recorder and metrics that hear one conversation after the other.
private final class Court {
    struct Sums: Equatable {
        var messages = 0
        var bytes = 0

        static func + (left: Sums, right: Sums) -> Sums {
            Sums(messages: left.messages + right.messages, bytes: left.bytes + right.bytes)
        }
    }

    private(set) var plays: [WirePlay] = []
    private(set) var turnsWithoutRoom = 0
    let gate = Gate()
    private let folder: Folder
    private let recorder: Recorder
    private let tap: RecorderTap
    private let metrics = LoopMetrics(routeCount: 1)
    private let numbers = SessionNumbers()
    private var seed: UInt64 = 1

    init(configure: (inout CaptureConfiguration) -> Void = { _ in }) throws {
        folder = try Folder()
        let run = RunDescription(version: "0", processID: 1, host: "here", configuration: "{}")
        var configuration = CaptureConfiguration(databasePath: folder.file("witness.db"), routes: ["default"], run: run)
        configure(&configuration)
        let gate = gate
        configuration.beforeTransaction = { _ in gate.pass() }
        recorder = try Recorder.start(configuration) { _ in }
        tap = recorder.makeTap {}
    }

    /// Session numbers are those of the plays, from 1.
    func play(cut: Int?, ending: WireEnding, isNarrow: Bool = false) throws {
        seed += 1
        var random = WireRandom(seed: seed)
        let framings = `The record and the counters`.framings
        let framing = PerDirection(
            upstream: try Framing(parsing: framings.randomElement(using: &random) ?? "lf"),
            downstream: try Framing(parsing: framings.randomElement(using: &random) ?? "lf")
        )
        let script = WireScript(seed: seed, framing: framing, cut: cut, ending: ending, isNarrow: isNarrow)
        let loop = try EventLoop()
        let play = try WirePlay(script, on: loop, numbers: numbers, witnesses: [metrics, tap])
        loop.atTurnEnd { [unowned self, unowned loop] in turned(loop) }
        play.run()
        loop.closeAll()
        #expect(play.violations().isEmpty, "\(script)")
        plays.append(play)
    }

    /// Lets the writer go on after a while in which there was no room.
    private func turned(_ loop: EventLoop) {
        _ = tap.tend(now: loop.now.nanoseconds)
        guard !tap.hasRoom else { return }
        turnsWithoutRoom += 1
        if turnsWithoutRoom % 20 == 0 { gate.open() }
    }

    /// Waits until everything heard is committed.
    func settle() throws {
        tap.flush()
        try eventually("everything is committed") { recorder.readings().queuedBytes == 0 }
    }

    func close() throws {
        tap.flush()
        try #require(recorder.finish(deadline: .seconds(20)))
    }

    // MARK: - Witnesses

    /// What the rows say differently from what was told.
    func violations(_ play: WirePlay) throws -> [String] {
        guard let closing = play.ear.closings.first else { return ["it did not close"] }
        let id = closing.session
        var broken: [String] = []
        for direction in Direction.allCases {
            let told = play.ear.messages(direction).map {
                "\($0.header.sequence) \($0.header.at.nanosecondsSince1970) \($0.header.byteCount) "
                    + "\($0.header.ending.rawValue) \($0.kind ?? "-") \(Self.hex($0.payload))"
            }
            let rows = try column(
                "SELECT printf('%d %d %d %d %s %s', sequence, at_ns, byte_count, ending, ifnull(kind, '-'), hex(payload)) FROM messages "
                    + "WHERE session_id = \(id) AND direction = \(direction.rawValue) ORDER BY id"
            )
            if told != rows { broken.append("\(direction): \(rows.count) rows are not the \(told.count) messages") }
        }
        let tally = closing.tally
        let session = try column(
            "SELECT printf('%s %d %d %d %d', close_reason, bytes_upstream, bytes_downstream, messages_upstream, "
                + "messages_downstream) FROM sessions WHERE id = \(id)"
        )
        let told =
            "\(closing.reason.rawValue) \(tally.bytes.upstream) \(tally.bytes.downstream) "
            + "\(tally.messages.upstream) \(tally.messages.downstream)"
        if session != [told] { broken.append("the session's row is \(session), not \(told)") }
        return broken
    }

    /// Sums over the rows of messages.
    func recorded() throws -> Sums {
        try sums("SELECT count(*), coalesce(sum(byte_count), 0) FROM messages")
    }

    func gaps() throws -> Sums {
        try sums("SELECT coalesce(sum(messages), 0), coalesce(sum(bytes), 0) FROM gaps")
    }

    func closed() throws -> Int {
        try sums("SELECT count(*), 0 FROM sessions WHERE closed_at_ns IS NOT NULL").messages
    }

    /// What a scrape says.
    func counted() -> Sums {
        let build = BuildInfo(version: "0", swiftVersion: "0", sqliteVersion: "0")
        let exposition = Exposition(routes: ["default"], loops: [metrics], build: build) { nil }
        let lines = exposition.render().flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
        func sum(_ family: String) -> Int {
            lines.filter { $0.hasPrefix("\(family){") }.reduce(0) {
                $0 + (Int($1.split(separator: " ").last ?? "") ?? 0)
            }
        }
        return Sums(messages: sum("overhear_messages_total"), bytes: sum("overhear_received_bytes_total"))
    }

    // MARK: - Reading

    private func sums(_ query: String) throws -> Sums {
        let database = try open()
        let statement = try database.prepare(query, doing: "reading")
        guard try statement.step() else { return Sums() }
        return Sums(messages: Int(statement.integer(0) ?? 0), bytes: Int(statement.integer(1) ?? 0))
    }

    private func column(_ query: String) throws -> [String] {
        let database = try open()
        let statement = try database.prepare(query, doing: "reading")
        var rows: [String] = []
        while try statement.step() { rows.append(statement.text(0) ?? "") }
        return rows
    }

    private func open() throws -> Database {
        try Database(uri: Database.uri(path: folder.file("witness.db")), flags: SQLITE_OPEN_READONLY)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Keeps the writer waiting while it is stopped.
private final class Gate: Sendable {
    private let queue = Locked<BlockingQueue<Bool>?>(nil)

    func stop() { queue.withLock { $0 = BlockingQueue() } }

    func open() {
        queue.withLock {
            $0?.close()
            $0 = nil
        }
    }

    /// Returns at once, or when the gate is opened.
    func pass() { _ = queue.withLock { $0 }?.pop() }
}
