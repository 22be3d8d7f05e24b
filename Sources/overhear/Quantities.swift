import ArgumentParser

/// A duration as people write it: `250ms`, `10s`, `5m`, `1h`; `0` where it means unlimited.
struct DurationArgument: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        if argument == "0" {
            self.init(.zero)
            return
        }
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
        switch argument.dropFirst(digits.count) {
        case "ms": self.init(.milliseconds(count))
        case "s": self.init(.seconds(count))
        case "m": self.init(.seconds(count * 60))
        case "h": self.init(.seconds(count * 3600))
        default: return nil
        }
    }

    /// Nil for 0: no limit.
    var limit: Duration? { duration == .zero ? nil : duration }

    var description: String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds > 0 && milliseconds.isMultiple(of: length) {
            return "\(milliseconds / length)\(unit)"
        }
        return milliseconds == 0 ? "0" : "\(milliseconds)ms"
    }

    var defaultValueDescription: String { description }
}

/// A number of bytes as people write it: `4096`, `64KiB`, `1MiB`, `2GiB`.
struct ByteCountArgument: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let byteCount: Int

    init(_ byteCount: Int) {
        self.byteCount = byteCount
    }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let shift = Self.shifts[String(argument.dropFirst(digits.count))],
            count <= Int.max >> (shift + 1)
        else { return nil }
        self.init(count << shift)
    }

    private static let shifts = ["": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]

    var description: String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where byteCount > 0 && byteCount.isMultiple(of: 1 << shift) {
            return "\(byteCount >> shift)\(unit)"
        }
        return String(byteCount)
    }

    var defaultValueDescription: String { description }
}
