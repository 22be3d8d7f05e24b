import AsyncChat
import Testing
import Traffic

@testable import Relay

@Suite struct `A sweep` {
    private func sweep(
        after number: UInt8 = 0,
        of sessionCount: Int,
        interval: Duration = .seconds(1)
    ) -> Sweep {
        Sweep(
            after: number,
            of: sessionCount,
            routeCount: 1,
            isSampling: true,
            at: LoopInstant(nanoseconds: 0),
            interval: interval
        )
    }

    @Test func `sees a bounded part of the sessions at a time, the last first`() {
        var sweep = sweep(of: 150)
        #expect(Array(sweep.nextPlaces(of: 150)) == (86..<150).reversed())
        #expect(!sweep.isComplete)
        #expect(Array(sweep.nextPlaces(of: 150)) == (22..<86).reversed())
        #expect(Array(sweep.nextPlaces(of: 150)) == (0..<22).reversed())
        #expect(sweep.isComplete)
    }

    @Test(arguments: [1, 64, 65, 300, 9000, 30_000, 100_000], [10, 100, 1000])
    func `rests for half of the time until the next, or not at all`(sessionCount: Int, milliseconds: Int) {
        var sweep = sweep(of: sessionCount, interval: .milliseconds(milliseconds))
        #expect(sweep.next == LoopInstant(nanoseconds: Int64(milliseconds) * 1_000_000))
        var parts = 0
        while !sweep.isComplete {
            #expect((1...256).contains(sweep.nextPlaces(of: sessionCount).count))
            parts += 1
        }
        let rests = sweep.rest * (parts - 1)
        #expect(rests <= .milliseconds(milliseconds) / 2)
        #expect(sweep.rest == .zero || sweep.rest >= .milliseconds(2))
        if milliseconds == 1000 { #expect(parts == 1 || sweep.rest > .zero || sessionCount == 100_000) }
    }

    @Test func `of no sessions is complete at once`() {
        var sweep = sweep(of: 0)
        #expect(Array(sweep.nextPlaces(of: 0)) == [])
        #expect(sweep.isComplete)
    }

    @Test func `has a number that is not 0 and not the last one's`() {
        var number: UInt8 = 0
        for _ in 0..<1000 {
            let next = sweep(after: number, of: 1).number
            #expect(next != 0 && next != number)
            number = next
        }
    }

    /// Sessions end and begin between its parts, and while it looks; whoever ends gives its place to the last one.
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func `sees everybody who is there all the time`(seed: UInt64) {
        var random = WireRandom(seed: seed)
        var sessions = Array(0..<Int.random(in: 0..<2000, using: &random))
        var newcomer = sessions.count
        var residents = Set(sessions)
        var seen: Set<Int> = []
        func remove(at place: Int) {
            residents.remove(sessions[place])
            let last = sessions.removeLast()
            if place < sessions.count { sessions[place] = last }
        }
        var sweep = sweep(of: sessions.count)
        repeat {
            for place in sweep.nextPlaces(of: sessions.count) where place < sessions.count {
                seen.insert(sessions[place])
                if Int.random(in: 0..<10, using: &random) == 0 { remove(at: place) }
            }
            for _ in 0..<Int.random(in: 0..<300, using: &random) where !sessions.isEmpty {
                remove(at: Int.random(in: sessions.indices, using: &random))
            }
            for _ in 0..<Int.random(in: 0..<300, using: &random) {
                sessions.append(newcomer)
                newcomer += 1
            }
        } while !sweep.isComplete
        #expect(residents.isSubset(of: seen))
    }
}
