/// Numbers as people read them.
enum Amount {
    /// `512 B`, `1.2 KiB`, `34 MiB`
    static func bytes(_ count: Int64) -> String {
        let (number, unit) = scaled(count)
        return "\(number) \(unit.isEmpty ? "B" : unit + "iB")"
    }

    /// For columns: `512`, `1.2K`, `34M`.
    static func shortBytes(_ count: Int64) -> String {
        let (number, unit) = scaled(count)
        return number + unit
    }

    /// Two parts at most: `12ms`, `1.2s`, `34s`, `5m12s`, `3h20m`, `2d4h`.
    static func duration(nanoseconds: Int64) -> String {
        let milliseconds = max(0, nanoseconds) / 1_000_000
        let seconds = milliseconds / 1000
        switch seconds {
        case 0: return "\(milliseconds)ms"
        case 1..<10: return "\(seconds).\(milliseconds % 1000 / 100)s"
        case 10..<60: return "\(seconds)s"
        case 60..<3600: return "\(seconds / 60)m\(seconds % 60)s"
        case 3600..<86400: return "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: return "\(seconds / 86400)d\(seconds % 86400 / 3600)h"
        }
    }

    /// A number of something per second: `0.25`, `12.5`, `34000`.
    static func rate(_ perSecond: Double) -> String {
        let hundredths = Int64((perSecond * 100).rounded())
        switch perSecond {
        case ..<9.995: return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        case ..<99.95: return "\(Int64((perSecond * 10).rounded()) / 10).\(Int64((perSecond * 10).rounded()) % 10)"
        default: return "\(Int64(perSecond.rounded()))"
        }
    }

    /// `1 message`, `2 messages`
    static func count(_ number: Int64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func scaled(_ count: Int64) -> (number: String, unit: String) {
        var value = Double(count)
        var units = ["", "K", "M", "G", "T", "P", "E"][...]
        while value >= 1023.5, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        guard units.first != "", value < 9.95 else { return ("\(Int64(value.rounded()))", units.first ?? "") }
        let tenths = Int64((value * 10).rounded())
        return ("\(tenths / 10).\(tenths % 10)", units.first ?? "")
    }
}
