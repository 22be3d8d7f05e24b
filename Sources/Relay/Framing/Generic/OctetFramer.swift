import Traffic

/// Messages that begin with their length in decimal digits and a space: syslog over TCP (RFC 6587, octet counting).
struct OctetFramer: Framer {
    private enum Phase { case digits, payload }

    private var phase = PerDirection(both: Phase.digits)
    private var count = PerDirection(both: 0)

    /// The first length with more than 10 digits.
    private static let longest = 10_000_000_000

    mutating func begin(_ direction: Direction) -> Part {
        phase[direction] = .digits
        count[direction] = 0
        return .count(1)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        if phase[direction] == .payload { return .ends }
        switch last {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let value = count[direction] * 10 + Int(last & 15)
            guard value > 0 else { return remarks.lost("a length begins with 0") }
            guard value < Self.longest else { return remarks.lost("a length has more than 10 digits") }
            count[direction] = value
            return .goesOn(.count(1))
        case UInt8(ascii: " ") where count[direction] > 0:
            phase[direction] = .payload
            return .goesOn(.count(count[direction]))
        default:
            return remarks.lost("a length is no number followed by a space")
        }
    }
}
