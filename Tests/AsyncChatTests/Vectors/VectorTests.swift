import Foundation
import Testing

@testable import AsyncChat

/// What CPython's own asynchat did, replayed against ours: `Fixtures/vectors.json`, or the file that the environment
/// variable ASYNCHAT_VECTORS names. They never come near a polling backend.
@Suite struct `Vectors recorded from CPython` {
    private let vectors: [JSON]
    private let loop: EventLoop

    init() throws {
        vectors = try Self.recorded.get()
        loop = try EventLoop()
    }

    /// Read once for all tests.
    private static let recorded = Result {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/vectors.json")
        let named = ProcessInfo.processInfo.environment["ASYNCHAT_VECTORS"].map { URL(filePath: $0) }
        return try JSONDecoder().decode(JSON.self, from: Data(contentsOf: named ?? fixture))["vectors"]!.array!
    }

    @Test func `are reproduced event by event`() throws {
        var failed = 0
        for vector in vectors {
            var differences: [String] = []
            switch vector["kind"]!.string! {
            case "channel":
                for form in ScriptedChannel.PushForm.allCases {
                    var replay = try VectorReplay(vector, loop: loop, pushForm: form)
                    differences += compare(replay.run(), vector, note: "\(form)")
                }
            case "fifo": differences += compare(replayFIFO(vector), vector)
            case "prefix": differences += compare(replayPrefix(vector), vector)
            case "simple_producer": differences += compare(replaySimpleProducer(vector), vector)
            case let unknown: differences = ["a new kind: \(unknown)"]
            }
            if !differences.isEmpty {
                failed += 1
                Issue.record("\(vector["id"]!.text): \(differences.joined(separator: "; "))")
            }
        }
        print("vectors: \(vectors.count) run, \(failed) failed")
    }

    @Test func `hold canonically for a channel that gathers`() throws {
        for vector in vectors where vector["kind"]!.string == "channel" && vector["paced"]?.bool != true {
            var replay = try VectorReplay(vector, loop: loop, pushForm: .lent, gathers: true)
            let differences = compareCanonically(replay.run(), vector)
            #expect(differences.isEmpty, "\(vector["id"]!.text)")
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 4096]) func `hold however the bytes are cut`(byteCount: Int) throws {
        for vector in vectors where vector["rechunk"]?.bool == true {
            let replay = try VectorReplay(vector, loop: loop)
            let differences = compareCanonically(replay.run { _ in byteCount }, vector)
            #expect(differences.isEmpty, "\(vector["id"]!.text)")
        }
    }

    @Test(arguments: 1...200) func `hold for random cuts`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for vector in vectors where vector["rechunk"]?.bool == true {
            let replay = try VectorReplay(vector, loop: loop)
            let differences = compareCanonically(replay.run { Int.random(in: 1...$0, using: &random) }, vector)
            #expect(differences.isEmpty, "\(vector["id"]!.text), seed \(seed)")
        }
    }

    // MARK: - Comparing

    private func expectation(_ vector: JSON) -> JSON {
        vector["expect_better"] ?? vector["expect"]!
    }

    private func compare(_ outcome: JSON, _ vector: JSON, note: String = "") -> [String] {
        let expected = expectation(vector)
        guard outcome != expected else { return [] }
        for (index, (found, wanted)) in zip(outcome["steps"]?.array ?? [], expected["steps"]?.array ?? []).enumerated()
        where found != wanted {
            return ["\(note) step \(index) is \(found.text), should be \(wanted.text)"]
        }
        return ["\(note) is \(outcome.text), should be \(expected.text)"]
    }

    private func compareCanonically(_ outcome: JSON, _ vector: JSON) -> [String] {
        let expected = expectation(vector)
        var differences: [String] = []
        for key in ["messages", "wire"] where outcome[key] != expected[key] {
            differences.append("\(key) is \(outcome[key]!.text), should be \(expected[key]!.text)")
        }
        if rest(outcome) != rest(expected) {
            differences.append("the rest is \(rest(outcome).text), should be \(rest(expected).text)")
        }
        return differences
    }

    /// What was collected and what is held, as one; apart where only a digest is known.
    private func rest(_ outcome: JSON) -> JSON {
        let parts = [outcome["tail"]!, outcome["pending"]!]
        return parts.contains { $0.string == nil } ? .array(parts) : .bytes(parts.flatMap(\.bytes))
    }

    // MARK: - The smaller kinds

    private func replayFIFO(_ vector: JSON) -> JSON {
        var fifo = FIFO(vector["init"]!.array!)
        let results = vector["ops"]!.array!.map { operation -> JSON in
            switch operation["op"]!.string! {
            case "push":
                fifo.push(operation["value"]!)
                return .null
            case "pop":
                let hadOne = !fifo.isEmpty
                return .array([.bool(hadOne), fifo.pop() ?? .null])
            case "first": return fifo.first ?? .object(["error": .string("IndexError")])
            case "is_empty": return .bool(fifo.isEmpty)
            default: return .int(fifo.count)
            }
        }
        return .object(["results": .array(results)])
    }

    private func replayPrefix(_ vector: JSON) -> JSON {
        let lengths = vector["cases"]!.array!.map { findPrefixAtEnd($0["haystack"]!.bytes, $0["needle"]!.bytes) }
        return .object(["lengths": .array(lengths.map(JSON.int))])
    }

    private func replaySimpleProducer(_ vector: JSON) -> JSON {
        let producer = SimpleProducer(vector["data"]!.bytes, pieceByteCount: vector["buffer_size"]!.int!)
        let pieces = (0..<vector["calls"]!.int!).map { _ in JSON.bytes(producer.more() ?? []) }
        return .object(["more": .array(pieces)])
    }
}

/// Random numbers that a seed repeats (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
