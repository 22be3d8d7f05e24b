import Glibc

/// Real time as people and machines read it: `2026-11-23T08:28:35.462Z` (RFC 3339).
enum UniversalTime {
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var fields = tm()
        gmtime_r(&time.tv_sec, &fields)
        let date = [Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)]
        let clock = [Int(fields.tm_hour), Int(fields.tm_min), Int(fields.tm_sec)]
        let milliseconds = padded(time.tv_nsec / 1_000_000, to: 3)
        return date.map { padded($0, to: 2) }.joined(separator: "-") + "T"
            + clock.map { padded($0, to: 2) }.joined(separator: ":") + ".\(milliseconds)Z"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
