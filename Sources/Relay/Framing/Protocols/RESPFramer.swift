import Traffic

/// Redis' protocol, RESP2 and RESP3 (redis.io/docs/latest/develop/reference/protocol-spec).
///
/// A value is a line; a bulk has a body of so many bytes behind it, an aggregate so many further values. Those are counted
/// flat: an array inside an array adds its elements to what is still to come, so that nesting needs no stack. What has no
/// count but an end (RESP3's streamed aggregates) has one. The two directions do not need each other.
struct RESPFramer: Framer {
    private var commands = RESPReader(.upstream)
    private var replies = RESPReader(.downstream)

    mutating func begin(_ direction: Direction) -> Part {
        switch direction {
        case .upstream: commands.begin()
        case .downstream: replies.begin()
        }
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch direction {
        case .upstream: commands.next(seen, last, &remarks)
        case .downstream: replies.next(seen, last, &remarks)
        }
    }

    func wholeByteCount(_ direction: Direction, in bytes: RawSpan, _ remarks: inout Remarks) -> Int? {
        switch direction {
        case .upstream: commands.wholeByteCount(bytes, &remarks)
        case .downstream: replies.wholeByteCount(bytes, &remarks)
        }
    }
}

/// One direction of it.
private struct RESPReader {
    private enum Phase {
        case line, bulk
        /// A string in pieces, until an empty one: the line before a piece, and the piece.
        case pieceLine, piece
    }

    /// What the next bulk says of the message's kind.
    private enum Naming { case nothing, command, push }

    private let direction: Direction
    private var phase = Phase.line
    private var naming = Naming.nothing
    private var hasKind = false
    /// Values still to come.
    private var values = 1
    /// Of each streamed aggregate around here: the values still to come after it.
    private var surroundings: [Int] = []

    /// What a number may say before it is taken for an error.
    private static let longestBulk = 1 << 32
    private static let mostValues = 1 << 32
    private static let deepestStream = 32
    /// Enough for every number, and for the kind.
    private static let seenOfLine = 72

    init(_ direction: Direction) {
        self.direction = direction
    }

    mutating func begin() -> Part {
        phase = .line
        naming = .nothing
        hasKind = false
        values = 1
        if !surroundings.isEmpty { surroundings = [] }
        return .line(seeing: Self.seenOfLine)
    }

    mutating func next(_ seen: RawSpan, _ last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch phase {
        case .line:
            return line(seen, &remarks)
        case .bulk:
            guard last == UInt8(ascii: "\n") else {
                return remarks.lost("a bulk string has another length than it says")
            }
            if naming != .nothing { name(seen, &remarks) }
            return valueEnded()
        case .pieceLine:
            return piece(seen, &remarks)
        case .piece:
            guard last == UInt8(ascii: "\n") else {
                return remarks.lost("a bulk string has another length than it says")
            }
            phase = .pieceLine
            return .goesOn(.line(seeing: Self.seenOfLine))
        }
    }

    /// Of what nearly all messages are: an array of bulk strings, or a bulk string in reply.
    func wholeByteCount(_ bytes: RawSpan, _ remarks: inout Remarks) -> Int? {
        var position = 0
        var count = 1
        if bytes[byte: 0] == UInt8(ascii: "*") {
            guard let (elements, end) = length(bytes, from: 1) else { return nil }
            count = elements
            position = end
        } else if direction == .upstream {
            return nil
        }
        let isArray = position > 0
        var first = 0..<0
        for index in 0..<count {
            guard position < bytes.byteCount, bytes[byte: position] == UInt8(ascii: "$"),
                let (byteCount, start) = length(bytes, from: position + 1), byteCount + 2 <= bytes.byteCount - start,
                bytes[byte: start + byteCount + 1] == UInt8(ascii: "\n")
            else { return nil }
            if index == 0 { first = start..<start + min(byteCount, Kind.longest) }
            position = start + byteCount + 2
        }
        guard count > 0 else { return nil }
        if direction == .upstream {
            remarks.kind = word(of: bytes.extracting(first), uppercased: true)
        } else {
            remarks.kind = isArray ? "array" : "bulk"
        }
        return position
    }

    private mutating func line(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        // Attributes stand before the value that names the kind.
        let isTop = !hasKind && values == 1 && surroundings.isEmpty
        let type = seen[byte: 0]
        if isTop, direction == .upstream, type != UInt8(ascii: "*") {
            // What somebody types by hand; an empty line is nothing.
            let command = word(of: seen, uppercased: true)
            if !command.isEmpty { remarks.kind = command }
            return .ends
        }
        let kind: String
        switch type {
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            return bulk(type, seen, isTop: isTop, &remarks)
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            return aggregate(type, seen, isTop: isTop, &remarks)
        case UInt8(ascii: "."):
            guard let values = surroundings.popLast() else { return remarks.lost("a stream ends that never began") }
            self.values = values + 1
            return valueEnded()
        case UInt8(ascii: "+"): kind = isTop ? text(of: seen) : ""
        case UInt8(ascii: "-"): kind = isTop ? word(of: seen, uppercased: false) : ""
        case UInt8(ascii: ":"): kind = "integer"
        case UInt8(ascii: "_"): kind = "null"
        case UInt8(ascii: "#"): kind = "boolean"
        case UInt8(ascii: ","): kind = "double"
        case UInt8(ascii: "("): kind = "big number"
        default: return remarks.lost("there is no type '\(Kind.text(seen, 0..<1))'")
        }
        if isTop { give(kind, &remarks) }
        return valueEnded()
    }

    private mutating func bulk(_ type: UInt8, _ seen: RawSpan, isTop: Bool, _ remarks: inout Remarks) -> Verdict {
        if isTop {
            switch type {
            case UInt8(ascii: "="): give("verbatim", &remarks)
            case UInt8(ascii: "!"): give("-error", &remarks)
            default: give("bulk", &remarks)
            }
        }
        if isStreamed(seen) {
            phase = .pieceLine
            return .goesOn(.line(seeing: Self.seenOfLine))
        }
        guard let length = number(seen), (-1...Self.longestBulk).contains(length) else {
            return remarks.lost("a bulk string has no length that can be")
        }
        if length < 0 {
            if isTop { give("null", &remarks) }
            return valueEnded()
        }
        phase = .bulk
        return .goesOn(.count(length + 2, seeing: naming == .nothing ? 0 : min(length, Kind.longest)))
    }

    /// A piece of a streamed string; the empty one is the last.
    private mutating func piece(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        guard seen[byte: 0] == UInt8(ascii: ";"), let length = number(seen), (0...Self.longestBulk).contains(length)
        else { return remarks.lost("a piece of a string has no length that can be") }
        if length == 0 { return valueEnded() }
        phase = .piece
        return .goesOn(.count(length + 2))
    }

    private mutating func aggregate(_ type: UInt8, _ seen: RawSpan, isTop: Bool, _ remarks: inout Remarks) -> Verdict {
        var valuesEach = 1
        var kind = "array"
        switch type {
        case UInt8(ascii: "~"): kind = "set"
        case UInt8(ascii: "%"): (kind, valuesEach) = ("map", 2)
        case UInt8(ascii: ">"):
            kind = "push"
            if isTop { naming = .push }
        case UInt8(ascii: "|"):
            // Attributes stand before a value, and are none.
            valuesEach = 2
            values += 1
        default:
            if isTop, direction == .upstream { naming = .command }
        }
        let names = isTop && type != UInt8(ascii: "|")
        if names { give(kind, &remarks) }
        if isStreamed(seen) {
            guard surroundings.count < Self.deepestStream else {
                return remarks.lost("streams lie too deep in each other")
            }
            surroundings.append(values - 1)
            values = .max / 2
            return .goesOn(.line(seeing: Self.seenOfLine))
        }
        guard let count = number(seen), (-1...Self.mostValues).contains(count) else {
            return remarks.lost("an aggregate has no number of elements that can be")
        }
        if count < 0 {
            if names { give("null", &remarks) }
            return valueEnded()
        }
        values += count * valuesEach
        guard values <= Int.max / 2 + Self.mostValues * 4 else { return remarks.lost("too many values are announced") }
        return valueEnded()
    }

    private mutating func valueEnded() -> Verdict {
        phase = .line
        values -= 1
        return values == 0 && surroundings.isEmpty ? .ends : .goesOn(.line(seeing: Self.seenOfLine))
    }

    // MARK: - Kinds

    private mutating func give(_ kind: String, _ remarks: inout Remarks) {
        remarks.kind = kind
        hasKind = true
    }

    /// The bulk at hand says what a command or a push is.
    private mutating func name(_ seen: RawSpan, _ remarks: inout Remarks) {
        let word = word(of: seen, uppercased: direction == .upstream)
        remarks.kind = naming == .push ? "push " + word : word
        naming = .nothing
    }

    /// Up to the first space or line end: a command is shown in capitals.
    private func word(of seen: RawSpan, uppercased: Bool) -> String {
        var end = 0
        while end < seen.byteCount, seen[byte: end] > 0x20 { end += 1 }
        return Kind.text(seen, 0..<end, uppercased: uppercased)
    }

    private func text(of seen: RawSpan) -> String {
        var end = 0
        while end < seen.byteCount, seen[byte: end] != 13, seen[byte: end] != 10 { end += 1 }
        return Kind.text(seen, 0..<end)
    }

    // MARK: - Numbers

    private func isStreamed(_ seen: RawSpan) -> Bool {
        seen.byteCount >= 2 && seen[byte: 1] == UInt8(ascii: "?")
    }

    /// A length as a client would write it, and where the line ends; nil for any other.
    @inline(__always)
    private func length(_ bytes: RawSpan, from start: Int) -> (Int, end: Int)? {
        var value = 0
        var index = start
        while index < bytes.byteCount, case let digit = bytes[byte: index] &- 0x30, digit <= 9 {
            value = value * 10 + Int(digit)
            index += 1
            guard index - start <= 9 else { return nil }
        }
        guard index > start, index + 1 < bytes.byteCount, bytes[byte: index] == 13, bytes[byte: index + 1] == 10 else {
            return nil
        }
        return (value, index + 2)
    }

    /// What stands behind the type.
    private func number(_ seen: RawSpan) -> Int? {
        var index = 1
        let isNegative = seen.byteCount > 1 && seen[byte: 1] == UInt8(ascii: "-")
        if isNegative { index = 2 }
        let first = index
        var value = 0
        while index < seen.byteCount, case let digit = seen[byte: index] &- 0x30, digit <= 9 {
            guard index - first < 18 else { return nil }
            value = value * 10 + Int(digit)
            index += 1
        }
        guard index > first, index < seen.byteCount, seen[byte: index] == 13 || seen[byte: index] == 10 else {
            return nil
        }
        return isNegative ? -value : value
    }
}
