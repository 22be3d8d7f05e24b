import Glibc
import Traffic

/// The two clocks: real time for the record, monotonic for durations.
enum Clock {
    static var now: Timestamp { Timestamp(nanosecondsSince1970: read(CLOCK_REALTIME)) }

    /// Nanoseconds on the clock that never steps.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// In whole nanoseconds; what is longer than 292 years counts as that.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
