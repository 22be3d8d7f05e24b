import Foundation
import Glibc
import Testing

/// A minute of steady load with limits that are reached soon. `OVERHEAR_STEADY_SECONDS` makes it longer.
@Suite(.enabled(if: realParts, "only with OVERHEAR_REAL_PARTS=1, as make test-real sets it"))
struct `A record under a steady load` {
    private static let seconds =
        ProcessInfo.processInfo.environment["OVERHEAR_STEADY_SECONDS"].flatMap { Double($0) } ?? 60

    /// What was seen of the files and of the memory, while it went on.
    private struct Watch: CustomStringConvertible {
        let name: String
        let limit: Int
        var largest = 0
        var largestFiles = [0, 0]
        var memory: [Int] = []

        mutating func look(_ relay: RunningRelay) throws {
            let sizes = ["overhear.db", "overhear.db-wal"].map { name in
                var status = stat()
                return stat(relay.folder.file(name), &status) == 0 ? Int(status.st_size) : 0
            }
            largest = max(largest, sizes[0] + sizes[1])
            largestFiles = [max(largestFiles[0], sizes[0]), max(largestFiles[1], sizes[1])]
            memory.append(try relay.residentByteCount())
        }

        /// The most in the last quarter, less the most in the second: the first is for getting warm.
        var growth: Int {
            let quarter = memory.count / 4
            return (memory[(3 * quarter)...].max() ?? 0) - (memory[quarter..<2 * quarter].max() ?? 0)
        }

        var description: String {
            "\(name): both files at most \(largest) bytes of \(limit) \(largestFiles), memory \(memory.max() ?? 0), which grew by \(growth)"
        }
    }

    private func watch(_ relay: RunningRelay, _ name: String, limit: Int) throws {
        var watch = Watch(name: name, limit: limit)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end {
            try watch.look(relay)
            usleep(20_000)
        }
        print("NOTE \(watch)")
        #expect(watch.largest <= limit + limit / 10)
        // So large at least, that the limit was reached and kept, not missed by far.
        #expect(watch.largest > limit * 3 / 4)
        #expect(watch.growth < 8 << 20)
        #expect(try relay.record.number("SELECT count(*) FROM gaps") == 0)
        #expect(!relay.log.contains { $0.contains("capture.suspended") })
    }

    @Test func `of messages stays within its limit, and of what is kept nothing is missing`() throws {
        try withEchoServer { server in
            try withRelay(to: server, "--retain-bytes", "64MiB", "--capture-buffer", "8MiB") { relay in
                let voices = (0..<8).map { Voice(at: relay.address, number: $0) }
                try watch(relay, "messages", limit: 64 << 20)
                for voice in voices { voice.stop() }
                let total = try voices.map { try $0.count() }.reduce(0, +)
                try relay.settle()
                let record = relay.record
                #expect(try record.number("SELECT max(id) - min(id) + 1 = count(*) FROM messages") == 1)
                #expect(try record.number("SELECT max(id) FROM messages") == 2 * total)
                #expect(try record.number("SELECT count(*) FROM messages") > 5000)
                try eventually("what was pruned is told") {
                    let pruned = try relay.scrape()[#"overhear_recorder_pruned_rows_total{table="messages"}"#]
                    return try Int(pruned ?? 0) + record.number("SELECT count(*) FROM messages") == 2 * total
                }
                #expect(try record.column("PRAGMA integrity_check") == ["ok"])
            }
        }
    }

    @Test func `of nothing but samples stays within its limit`() throws {
        try withEchoServer { server in
            try withRelay(
                to: server,
                "--retain-bytes",
                "32MiB",
                "--sample-interval",
                "10ms",
                "--capture-buffer",
                "8MiB",
                // What is murmured is one long message of each channel, of which so much is kept.
                "--max-message-bytes",
                "1KiB"
            ) { relay in
                let clients = try (0..<300).map { _ in try relay.connect() }
                let descriptors = clients.map(\.descriptor)
                let end = ContinuousClock.now + .seconds(Self.seconds)
                // A letter now and then, never a line: the channels change, and no message is ever complete.
                let murmur = Background {
                    let wires = descriptors.map { Wire(borrowing: $0) }
                    while ContinuousClock.now < end {
                        for wire in wires { _ = wire.sendSome([120]) }
                        for wire in wires { _ = try wire.receive(exactly: 1) }
                        usleep(5000)
                    }
                }
                try watch(relay, "samples", limit: 32 << 20)
                try murmur.wait()
                let record = relay.record
                #expect(try record.number("SELECT count(*) FROM messages") == 0)
                #expect(try record.number("SELECT count(DISTINCT session_id) FROM channel_samples") == 300)
                #expect(
                    try relay.scrape()[#"overhear_recorder_pruned_rows_total{table="channel_samples"}"#] ?? 0 > 10_000
                )
                for client in clients { client.close() }
                try relay.settle()
            }
        }
    }
}
