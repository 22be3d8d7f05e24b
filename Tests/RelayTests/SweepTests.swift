import Testing
import Traffic

@testable import Relay

@Suite struct `A sweep` {
    private func sweep(after number: UInt8 = 0, of sessionCount: Int) -> Sweep {
        Sweep(after: number, of: sessionCount, routeCount: 1, isSampling: true)
    }

    @Test func `sees a bounded part of the sessions each turn, the last first`() {
        var sweep = sweep(of: 600)
        #expect(Array(sweep.nextPlaces(of: 600)) == (344..<600).reversed())
        #expect(!sweep.isComplete)
        #expect(Array(sweep.nextPlaces(of: 600)) == (88..<344).reversed())
        #expect(Array(sweep.nextPlaces(of: 600)) == (0..<88).reversed())
        #expect(sweep.isComplete)
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
