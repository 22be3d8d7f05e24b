import AsyncChat

/// A clock that stands still until a test turns it.
final class ManualClock: LoopClock {
    private var instant = LoopInstant(nanoseconds: 1_000_000_000)
    private var realTime: Int64 = 1_700_000_000_000_000_000

    func monotonic() -> LoopInstant { instant }

    func realTimeNanoseconds() -> Int64 { realTime }

    func advance(by duration: Duration) {
        instant = instant + duration
        realTime += duration.wholeNanoseconds
    }
}
