import Glibc
import Traffic

/// Real time as people and machines read it (RFC 3339), in UTC.
enum UniversalTime {
    /// To the millisecond: `2026-11-23T08:28:35.462Z`.
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let fields = Fields(seconds: time.tv_sec)
        return "\(fields.date)T\(fields.clock).\(padded(time.tv_nsec / 1_000_000, to: 3))Z"
    }

    /// The same as a number.
    static func timestamp() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanosecondsSince1970: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// To the microsecond: `2026-11-23T08:28:35.462017Z`.
    static func text(_ time: Timestamp) -> String {
        "\(date(time))T\(clock(time))Z"
    }

    /// `2026-11-23`
    static func date(_ time: Timestamp) -> String { fields(time).date }

    /// To the microsecond: `08:28:35.462017`.
    static func clock(_ time: Timestamp) -> String {
        let (_, rest) = split(time)
        return "\(fields(time).clock).\(padded(rest / 1000, to: 6))"
    }

    private struct Fields {
        let date: String
        let clock: String

        init(seconds: Int) {
            var seconds = seconds
            var fields = tm()
            gmtime_r(&seconds, &fields)
            date = [Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)]
                .map { padded($0, to: 2) }.joined(separator: "-")
            clock = [Int(fields.tm_hour), Int(fields.tm_min), Int(fields.tm_sec)]
                .map { padded($0, to: 2) }.joined(separator: ":")
        }
    }

    private static func fields(_ time: Timestamp) -> Fields { Fields(seconds: split(time).seconds) }

    /// Rounded down, also before 1970.
    private static func split(_ time: Timestamp) -> (seconds: Int, nanoseconds: Int) {
        let nanoseconds = Int(time.nanosecondsSince1970)
        let rest = (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000
        return ((nanoseconds - rest) / 1_000_000_000, rest)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
