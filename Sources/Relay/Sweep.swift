import AsyncChat
import Traffic

/// One look at every session of a loop, a part of them at a time, with rests between: ten thousand in a row would keep bytes
/// waiting for milliseconds, also where each turn sees but some of them, for a loop that is half busy anyway falls behind.
/// All rests together take half of the time until the next sweep begins.
///
/// Goes from the last place to the first, because a session that ends gives its place to the last one. What is seen a second
/// time for that reason is recognised by the sweep's number.
struct Sweep {
    /// Of a loop's sweeps, never 0, which is what a session has that none has seen.
    let number: UInt8
    let isSampling: Bool
    /// By route; only where it samples.
    private(set) var totals: [(client: ChannelTotals, upstream: ChannelTotals)]
    /// When the next one is to begin.
    let next: LoopInstant
    /// How long to rest after each part.
    let rest: Duration
    /// How many are looked at without a rest.
    private let sessionsPerPart: Int
    /// The sessions before this place are still to be seen.
    private var end: Int

    /// So few are looked at in the time that two or three messages take.
    private static let leastSessionsPerPart = 64
    private static let mostSessionsPerPart = 256
    /// A loop's timers are told in milliseconds (epoll_wait(2)): shorter rests would be none, or too long.
    private static let leastRest = Duration.milliseconds(2)

    /// - Parameters:
    ///   - number: of the sweep before.
    ///   - interval: from the beginning of one sweep to that of the next.
    init(
        after number: UInt8,
        of sessionCount: Int,
        routeCount: Int,
        isSampling: Bool,
        at now: LoopInstant,
        interval: Duration
    ) {
        self.number = number == .max ? 1 : number + 1
        self.isSampling = isSampling
        totals = Self.noTotals(routeCount: routeCount)
        next = now + interval
        let inTime = Double(sessionCount) * (Self.leastRest / (interval / 2))
        sessionsPerPart = min(Self.mostSessionsPerPart, max(Self.leastSessionsPerPart, Int(inTime.rounded(.up))))
        let rest = interval / 2 * Double(sessionsPerPart) / Double(max(1, sessionCount))
        self.rest = rest < Self.leastRest ? .zero : rest
        end = sessionCount
    }

    static func noTotals(routeCount: Int) -> [(client: ChannelTotals, upstream: ChannelTotals)] {
        Array(repeating: (client: ChannelTotals(), upstream: ChannelTotals()), count: routeCount)
    }

    var isComplete: Bool { end == 0 }

    /// The places of the next part, of so many.
    mutating func nextPlaces(of sessionCount: Int) -> ReversedCollection<Range<Int>> {
        let last = min(end, sessionCount)
        end = max(0, last - sessionsPerPart)
        return (end..<last).reversed()
    }

    mutating func add(_ states: (client: ChannelState, upstream: ChannelState), route: Int) {
        totals[route].client.add(states.client)
        totals[route].upstream.add(states.upstream)
    }
}
