import AsyncChat
import Glibc
import Relay
import Testing
import Traffic

/// Every cut, every framing, every ending: drawn from seeds, so that what fails can be played again. `OVERHEAR_SEED` shifts
/// all seeds, `OVERHEAR_ROUNDS` plays more of them.
@Suite struct `The three witnesses` {
    static let framings = [
        "lf", "crlf", "nul", "delimiter:aa", "delimiter:aaaa", "delimiter:abaab0abaab1", "delimiter:0102010201",
        "delimiter:616162616163616162616164", "delimiter:6161616161616161616161616161616161616162", "fixed:1",
        "fixed:7", "fixed:64", "none", "delimiter:0d0a/00/ff", "delimiter:6162/6263", "length:u8",
        "length:u16be/at=1/add=-1",
        "length:varint", "octet", "between:0b/1c0d", "http", "resp", "postgres", "mysql", "smtp", "mqtt",
    ]

    static let firstSeed = number(named: "OVERHEAR_SEED", default: 1)
    static let rounds = number(named: "OVERHEAR_ROUNDS", default: 1)

    static func number(named name: String, default value: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? value
    }

    /// Plays one script, and says what is wrong.
    func judge(_ script: WireScript) throws {
        let loop = try EventLoop()
        let play = try WirePlay(script, on: loop)
        play.run()
        let violations = play.violations()
        #expect(violations.isEmpty, "\(script)")
        loop.closeAll()
    }

    @Test(arguments: framings, [1, 2, 3, 4, 5, 6, 7, 8, 9, nil])
    func `agree however the bytes are cut and whatever the ending`(framing: String, cut: Int?) throws {
        var seed = Self.firstSeed &* 1_000_000 &+ UInt64(cut ?? 0)
        for byte in framing.utf8 { seed = seed &* 31 &+ UInt64(byte) }
        for _ in 0..<Self.rounds {
            for ending in WireEnding.allCases {
                seed &+= 1000
                var random = WireRandom(seed: seed)
                let other = try Framing(parsing: Self.framings.randomElement(using: &random) ?? "lf")
                let own = try Framing(parsing: framing)
                let pair =
                    random.chance(1, in: 2)
                    ? PerDirection(upstream: own, downstream: other) : PerDirection(upstream: other, downstream: own)
                try judge(WireScript(seed: seed, framing: pair, cut: cut, ending: ending))
            }
        }
    }

    @Test(arguments: WireEnding.allCases)
    func `agree when buffers are small and peers read slowly`(ending: WireEnding) throws {
        for seed in Self.firstSeed..<Self.firstSeed + 4 * Self.rounds {
            var random = WireRandom(seed: seed)
            let pair = PerDirection(
                upstream: try Framing(parsing: Self.framings.randomElement(using: &random) ?? "lf"),
                downstream: try Framing(parsing: Self.framings.randomElement(using: &random) ?? "lf")
            )
            try judge(WireScript(seed: seed, framing: pair, cut: nil, ending: ending, isNarrow: true))
        }
    }
}
