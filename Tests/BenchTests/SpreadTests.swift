import Testing

@testable import overhear_bench

@Suite struct `A spread` {
    @Test func `has the middle one of an odd number`() {
        let spread = Spread([9, 1, 5])
        #expect(spread.median == 5)
        #expect(spread.least == 1)
        #expect(spread.most == 9)
    }

    @Test func `has what lies between the middle two of an even number`() {
        #expect(Spread([4, 1, 2, 10]).median == 3)
    }

    @Test func `of ratios takes them round by round`() {
        // A round in which the machine was twice as slow for both says the same.
        let ratio = Spread(ratios: [90, 45, 100], over: [100, 50, 100])
        #expect(ratio?.median == 0.9)
        #expect(ratio?.least == 0.9)
        #expect(ratio?.most == 1)
    }

    @Test func `of ratios leaves out rounds that lack a figure`() {
        #expect(Spread(ratios: [1, nil, 3], over: [2, 2, nil])?.median == 0.5)
        #expect(Spread(ratios: [nil, 1], over: [1, nil]) == nil)
        #expect(Spread(ratios: [1], over: [0]) == nil)
    }
}
