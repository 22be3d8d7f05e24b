import Traffic

/// One look at every session of a loop, a part of them each turn: ten thousand at once would keep bytes waiting for
/// milliseconds.
///
/// Goes from the last place to the first, because a session that ends gives its place to the last one. What is seen a second
/// time for that reason is recognised by the sweep's number.
struct Sweep {
    /// Of a loop's sweeps, never 0, which is what a session has that none has seen.
    let number: UInt8
    let isSampling: Bool
    /// By route; only where it samples.
    private(set) var totals: [(client: ChannelTotals, upstream: ChannelTotals)]
    /// The sessions before this place are still to be seen.
    private var end: Int

    private static let sessionsPerTurn = 256

    init(after number: UInt8, of sessionCount: Int, routeCount: Int, isSampling: Bool) {
        self.number = number == .max ? 1 : number + 1
        self.isSampling = isSampling
        totals = Self.noTotals(routeCount: routeCount)
        end = sessionCount
    }

    static func noTotals(routeCount: Int) -> [(client: ChannelTotals, upstream: ChannelTotals)] {
        Array(repeating: (client: ChannelTotals(), upstream: ChannelTotals()), count: routeCount)
    }

    var isComplete: Bool { end == 0 }

    /// The places to be looked at this turn, of so many.
    mutating func nextPlaces(of sessionCount: Int) -> ReversedCollection<Range<Int>> {
        let last = min(end, sessionCount)
        end = max(0, last - Self.sessionsPerTurn)
        return (end..<last).reversed()
    }

    mutating func add(_ states: (client: ChannelState, upstream: ChannelState), route: Int) {
        totals[route].client.add(states.client)
        totals[route].upstream.add(states.upstream)
    }
}
