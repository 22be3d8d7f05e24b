import Testing

@testable import AsyncChat

@Suite struct `A timer queue` {
    @Test(arguments: 1...20) func `gives out timers by time, then by age`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var queue = TimerQueue()
        var fired: [Int] = []
        var expected: [(deadline: Int64, number: Int)] = []
        var timers: [(timer: TimerID, number: Int)] = []
        for number in 0..<500 {
            let deadline = Int64.random(in: 0..<50, using: &random)
            let timer = queue.schedule(at: LoopInstant(nanoseconds: deadline)) { fired.append(number) }
            timers.append((timer, number))
            expected.append((deadline, number))
        }
        for (timer, number) in timers.shuffled(using: &random).prefix(400) {
            _ = queue.cancel(timer)
            expected.removeAll { $0.number == number }
        }
        while let deadline = queue.nextDeadline() {
            queue.popDue(at: deadline, upTo: queue.newest)?()
        }
        #expect(fired == expected.sorted { $0 < $1 }.map(\.number))
    }

    @Test func `lets go of a cancelled action`() {
        final class Thing {}
        var queue = TimerQueue()
        weak var thing: Thing?
        do {
            let made = Thing()
            thing = made
            _ = queue.cancel(queue.schedule(at: LoopInstant(nanoseconds: 1)) { _ = made })
        }
        #expect(thing == nil)
    }
}

@Suite(.onEveryBackend) struct `A loop's timers` {
    private let clock = ManualClock()
    private let loop: EventLoop

    init() throws {
        loop = try makeLoop(clock: clock)
    }

    @Test func `are never early`() {
        var fired = false
        loop.schedule(after: .milliseconds(10)) { fired = true }
        clock.advance(by: .nanoseconds(9_999_999))
        loop.turn(timeout: .zero)
        #expect(!fired)
        clock.advance(by: .nanoseconds(1))
        loop.turn(timeout: .zero)
        #expect(fired)
    }

    @Test func `count from now where no turn was made for long`() {
        clock.advance(by: .seconds(5))
        var fired = false
        loop.schedule(after: .seconds(1)) { fired = true }
        loop.turn(timeout: .zero)
        #expect(!fired)
    }

    @Test func `fire once, in the order of their times`() {
        var fired: [Int] = []
        loop.schedule(after: .seconds(2)) { fired.append(2) }
        loop.schedule(after: .seconds(1)) { fired.append(1) }
        loop.schedule(after: .seconds(2)) { fired.append(3) }
        clock.advance(by: .seconds(3))
        for _ in 0..<3 { loop.turn(timeout: .zero) }
        #expect(fired == [1, 2, 3])
    }

    @Test func `may cancel each other`() {
        var fired: [Int] = []
        var other: TimerID?
        loop.schedule(after: .seconds(1)) { other.map(loop.cancel) }
        other = loop.schedule(after: .seconds(2)) { fired.append(2) }
        clock.advance(by: .seconds(3))
        loop.turn(timeout: .zero)
        #expect(fired.isEmpty)
    }

    @Test func `that renew themselves for now wait for the next turn`() {
        var fired = 0
        func renew() {
            fired += 1
            loop.schedule(after: .zero) { renew() }
        }
        loop.schedule(after: .zero) { renew() }
        defer { loop.closeAll() }
        for _ in 0..<3 { loop.turn(timeout: .seconds(60)) }
        #expect(fired == 3)
    }

    @Test func `may be cancelled by what they hold, when it is let go of`() {
        final class Session {
            let loop: EventLoop
            var timer: TimerID?
            init(loop: EventLoop) { self.loop = loop }
            deinit { timer.map(loop.cancel) }
        }
        var fired = false
        var holder: TimerID?
        do {
            let session = Session(loop: loop)
            session.timer = loop.schedule(after: .seconds(1)) { fired = true }
            holder = loop.schedule(after: .seconds(1)) { _ = session }
        }
        holder.map(loop.cancel)
        clock.advance(by: .seconds(2))
        loop.turn(timeout: .zero)
        #expect(!fired)
    }

    @Test func `wait for ever without trouble`() {
        loop.schedule(after: .seconds(Int64.max)) {}
        loop.schedule(after: .zero) {}
        loop.turn(timeout: .seconds(Int64.max))
        #expect(loop.turns == 1)
    }

    @Test func `see the clocks as they stood when the turn's events were taken`() {
        clock.advance(by: .seconds(1))
        loop.turn(timeout: .zero)
        #expect(loop.now == clock.monotonic())
        #expect(loop.realTimeNanoseconds == clock.realTimeNanoseconds())
    }
}
