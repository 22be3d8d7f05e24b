import Glibc

/// An instant on the loop's monotonic clock, in nanoseconds since an arbitrary start.
public struct LoopInstant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's arbitrary start.
    public var nanoseconds: Int64

    /// Names an instant by its number.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Is the left instant before the right?
    public static func < (left: LoopInstant, right: LoopInstant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant this much later; for ever counts as the end of the clock.
    public static func + (left: LoopInstant, right: Duration) -> LoopInstant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
        return LoopInstant(nanoseconds: overflow ? .max : sum)
    }

    /// The time from the right instant to the left.
    public static func - (left: LoopInstant, right: LoopInstant) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// This duration in whole nanoseconds, as near as 64 bits allow.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLongNow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong || isTooLongNow ? (seconds < 0 ? .min : .max) : sum
    }
}

/// Where a loop reads time; a test turns one by hand.
public protocol LoopClock: AnyObject {
    /// Never steps back: for durations and timers.
    func monotonic() -> LoopInstant
    /// Nanoseconds since 1970; may step: for the record only.
    func realTimeNanoseconds() -> Int64
}

/// The system's clocks (clock_gettime(2): CLOCK_MONOTONIC and CLOCK_REALTIME).
public final class SystemClock: LoopClock {
    /// There is nothing to choose.
    public init() {}

    /// CLOCK_MONOTONIC.
    public func monotonic() -> LoopInstant { LoopInstant(nanoseconds: Self.read(CLOCK_MONOTONIC)) }

    /// CLOCK_REALTIME.
    public func realTimeNanoseconds() -> Int64 { Self.read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
