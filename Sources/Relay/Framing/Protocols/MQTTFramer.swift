import Traffic

/// MQTT 3.1.1 and 5 (OASIS): a type, a length of one to four bytes, and the rest. Both directions alike.
struct MQTTFramer: Framer {
    private enum Phase {
        case header
        /// More bytes of the length: what it is so far, and the bits it has.
        case length(Int, bits: Int)
        case rest
    }

    private var phase = PerDirection(both: Phase.header)
    private var type = PerDirection(both: UInt8(0))

    mutating func begin(_ direction: Direction) -> Part {
        phase[direction] = .header
        return .count(2, seeing: 2)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch phase[direction] {
        case .header:
            type[direction] = seen[byte: 0] >> 4
            guard Self.areFlagsRight(seen[byte: 0]) else { return remarks.lost("there is no packet that begins so") }
            return goOn(direction, with: last, 0, bits: 0, &remarks)
        case .length(let value, let bits):
            return goOn(direction, with: last, value, bits: bits, &remarks)
        case .rest:
            guard type[direction] == Self.publish, seen.byteCount >= 2 else { return .ends }
            let topic = min(seen.byteCount, 2 + Int(seen.bigEndian(2, at: 0)))
            // An alias stands for the topic where it is empty (MQTT 5, 3.3.2.1).
            guard topic > 2 else { return .ends }
            remarks.kind = "PUBLISH " + Kind.text(seen, 2..<min(topic, Self.seenOfTopic))
            return .ends
        }
    }

    private mutating func goOn(
        _ direction: Direction,
        with byte: UInt8,
        _ value: Int,
        bits: Int,
        _ remarks: inout Remarks
    ) -> Verdict {
        let value = value | Int(byte & 0x7F) << bits
        remarks.kind = Self.names[Int(type[direction])]
        if byte & 0x80 != 0 {
            guard bits < 21 else { return remarks.lost("a length has more than four bytes") }
            phase[direction] = .length(value, bits: bits + 7)
            return .goesOn(.count(1))
        }
        guard value > 0 else { return .ends }
        phase[direction] = .rest
        let seen = type[direction] == Self.publish ? Self.seenOfTopic : 0
        return .goesOn(.count(value, seeing: seen))
    }

    /// All but PUBLISH have fixed ones (2.1.3); a type 0 there is not.
    private static func areFlagsRight(_ first: UInt8) -> Bool {
        switch first >> 4 {
        case 0: false
        case publish: first & 6 != 6
        case 6, 8, 10: first & 15 == 2
        default: first & 15 == 0
        }
    }

    private static let publish: UInt8 = 3
    /// With the two bytes of its length; so that the kind is no longer than a kind is.
    private static let seenOfTopic = 2 + Kind.longest - "PUBLISH ".utf8.count

    private static let names = [
        "", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
        "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
    ]
}
