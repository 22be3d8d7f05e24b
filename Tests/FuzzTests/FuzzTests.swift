import Foundation
import FuzzCases
import Testing

/// What the fuzzers look for, looked for in every run of the tests: in the files they found worth keeping, and in some that
/// are almost those. `make fuzz` goes on from here.
@Suite struct FuzzTests {
    @Test(arguments: FuzzCase.allCases)
    func `every file of the corpus holds`(_ it: FuzzCase) throws {
        let corpus = try Corpus(it)
        #expect(corpus.files.count > 10)
        for file in corpus.files { check(it, file.bytes, "\(it.corpus)/\(file.name)") }
    }

    /// The same in every run: the seed is part of the test.
    @Test(arguments: FuzzCase.allCases, 1...4 as ClosedRange<UInt64>)
    func `so does what a few changes make of them`(_ it: FuzzCase, seed: UInt64) throws {
        let files = try Corpus(it).files.map(\.bytes)
        var random = SplitMix(seed: seed)
        for number in 1...500 {
            var bytes = files.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...5, using: &random) { bytes.change(with: files, &random) }
            check(it, bytes, "change \(number) of seed \(seed)")
        }
    }

    private func check(_ it: FuzzCase, _ bytes: [UInt8], _ origin: String) {
        do {
            try it.run(bytes)
        } catch {
            Issue.record("\(origin), which is \(Data(bytes).base64EncodedString()) in base64: \(error)")
        }
    }
}

/// Files that lead a case to places.
private struct Corpus {
    let files: [(name: String, bytes: [UInt8])]

    init(_ it: FuzzCase) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: it.corpus)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        files = try names.map { ($0, Array(try Data(contentsOf: folder.appending(path: $0)))) }
    }
}

extension FuzzCase {
    fileprivate var corpus: String { "Corpora/\(rawValue)" }
}

extension [UInt8] {
    /// One change, as a fuzzer makes them: a byte becomes another, goes, or comes; or the end is another file's.
    fileprivate mutating func change(with others: [[UInt8]], _ random: inout SplitMix) {
        let position = Int.random(in: 0...count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where position < count: self[position] = .random(in: 0...255, using: &random)
        case 1 where position < count: remove(at: position)
        case 2: insert(.random(in: 0...255, using: &random), at: position)
        default:
            let other = others.randomElement(using: &random)!
            self = prefix(position) + other.suffix(Int.random(in: 0...other.count, using: &random))
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
