import Testing

@testable import overhear_bench

@Suite struct `A set of measurements` {
    private let set = MeasurementSet(
        of: "load",
        from: [
            made("ours", 1, messages: 100, user: 1, system: 3), made("theirs", 1, messages: 50, user: 2, system: 2),
            made("others", 1, messages: 80, user: 1, system: 1), made("ours", 2, messages: 120, user: 1, system: 5),
            made("theirs", 2, messages: 100, user: 3, system: 3), made("others", 2, messages: 90, user: 1, system: 1),
            made("ours", 1, load: "another", messages: 7, user: 1, system: 1),
        ]
    )

    private static func made(
        _ name: String,
        _ round: Int,
        load: String = "load",
        messages: Int,
        user: Double,
        system: Double
    ) -> Measurement {
        var outcome = Outcome()
        outcome.seconds = 2
        outcome.messages = messages
        return Measurement(load, name, round, outcome, ProcessorTime(user: user, system: system))
    }

    @Test func `names its systems in the order of their measurement, and leaves other loads out`() {
        #expect(set.systems == ["ours", "theirs", "others"])
        #expect(set.spread("ours", \.messagesPerSecond) == Spread([50, 60]))
        #expect(set.spread("nobody", \.messagesPerSecond) == nil)
    }

    @Test func `compares within a round`() {
        #expect(set.ratio("ours", over: "theirs", \.messagesPerSecond) == Spread([2, 1.2]))
    }

    @Test func `compares with the better of several, all rounds together`() {
        let ratio = set.ratio("ours", overBetterOf: ["theirs", "others", "nobody"], \.messagesPerSecond)
        #expect(ratio == Spread([100.0 / 80, 120.0 / 90]), "theirs was better in one round only")
        #expect(set.ratio("ours", overBetterOf: ["nobody"], \.messagesPerSecond) == nil)
    }

    @Test func `adds rounds up before it divides processor time`() throws {
        let mine = try #require(set.microsecondsPerMessage("ours", \.processorSeconds))
        #expect(abs(mine - 10.0 / 220 * 1e6) < 1e-6)
        let ratio = try #require(set.processorRatio("ours", over: "theirs", \.userSeconds))
        #expect(abs(ratio - (2.0 / 220) / (5.0 / 150)) < 1e-9)
    }
}
