import Glibc

/// Monotonic time in nanoseconds, as all of the bench counts it.
typealias Nanoseconds = Int64

enum Clock {
    static func now() -> Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
    }
}

extension Nanoseconds {
    init(seconds: Double) { self = Nanoseconds(seconds * 1e9) }
    var seconds: Double { Double(self) / 1e9 }
}
