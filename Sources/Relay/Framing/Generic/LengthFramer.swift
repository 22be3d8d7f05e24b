import Traffic

/// Messages that say how long they are: `length:u32be`.
struct LengthFramer: Framer {
    private enum Phase {
        case header
        /// Of a varint: so much of it has come, and so many bits of it.
        case varint(UInt64, bits: UInt64)
        case body
    }

    private let field: LengthField
    private var phase = PerDirection(both: Phase.header)

    init(_ field: LengthField) {
        self.field = field
    }

    mutating func begin(_ direction: Direction) -> Part {
        phase[direction] = .header
        let byteCount = field.offset + (field.form.byteCount ?? 1)
        return .count(byteCount, seeing: byteCount)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch phase[direction] {
        case .header:
            let offset = field.offset
            return switch field.form {
            case .u8, .u16be, .u24be, .u32be, .u64be:
                body(direction, of: seen.bigEndian(seen.byteCount - offset, at: offset), &remarks)
            case .u16le, .u24le, .u32le, .u64le:
                body(direction, of: seen.littleEndian(seen.byteCount - offset, at: offset), &remarks)
            case .varint:
                goOn(direction, with: last, 0, bits: 0, &remarks)
            }
        case .varint(let value, let bits):
            return goOn(direction, with: last, value, bits: bits, &remarks)
        case .body:
            return .ends
        }
    }

    /// Seven bits a byte, the lowest first, while the eighth is set (LEB128, as Protocol Buffers write it).
    private mutating func goOn(
        _ direction: Direction,
        with byte: UInt8,
        _ value: UInt64,
        bits: UInt64,
        _ remarks: inout Remarks
    ) -> Verdict {
        guard bits < 63 else { return remarks.lost("a varint has more than 63 bits") }
        let value = value | UInt64(byte & 0x7F) << bits
        guard byte & 0x80 != 0 else { return body(direction, of: value, &remarks) }
        phase[direction] = .varint(value, bits: bits + 7)
        return .goesOn(.count(1))
    }

    private mutating func body(_ direction: Direction, of value: UInt64, _ remarks: inout Remarks) -> Verdict {
        guard value <= LengthField.longestMessage else { return remarks.lost("a message has \(value) bytes") }
        let count = Int(value) + field.addition
        guard count >= 0 else { return remarks.lost("a message has \(count) bytes") }
        guard count > 0 else { return .ends }
        phase[direction] = .body
        return .goesOn(.count(count))
    }
}
