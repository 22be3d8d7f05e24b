import Traffic

/// Redis' protocol, RESP2 and RESP3 (redis.io/docs/latest/develop/reference/protocol-spec).
///
/// A value is a line; a bulk has a body of so many bytes behind it, an aggregate so many further values. Those are counted
/// flat: an array inside an array adds its elements to what is still to come, so that nesting needs no stack. What has no
/// count but an end (RESP3's streamed aggregates) has one.
struct RESPFramer: Framer {
    private struct Message {
        enum Phase {
            case line, bulk
            /// A string in pieces, until an empty one: the line before a piece, and the piece.
            case pieceLine, piece
        }

        var phase = Phase.line
        /// Values still to come.
        var values = 1
        /// Of each streamed aggregate around here: the values still to come after it.
        var surroundings: [Int] = []
        /// The next bulk names the kind, behind this prefix.
        var kindPrefix: String?
        var hasKind = false
    }

    private var messages = PerDirection(both: Message())

    /// What a number may say before it is taken for an error.
    private static let longestBulk: Int64 = 1 << 32
    private static let mostValues: Int64 = 1 << 32
    private static let deepestStream = 32
    /// Enough for every number, and for the kind.
    private static let seenOfLine = 72

    mutating func begin(_ direction: Direction) -> Part {
        messages[direction] = Message()
        return .line(seeing: Self.seenOfLine)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8) -> Verdict {
        if direction == .upstream {
            return Self.next(&messages.upstream, .upstream, seen, last)
        }
        return Self.next(&messages.downstream, .downstream, seen, last)
    }

    private static func next(
        _ message: inout Message,
        _ direction: Direction,
        _ seen: RawSpan,
        _ last: UInt8
    ) -> Verdict {
        switch message.phase {
        case .line:
            return line(&message, direction, seen)
        case .bulk:
            guard last == UInt8(ascii: "\n") else { return .lost("a bulk string has another length than it says") }
            return valueEnded(&message, kind: message.kindPrefix.map { $0 + word(of: seen, from: 0, direction) })
        case .pieceLine:
            return piece(&message, seen)
        case .piece:
            guard last == UInt8(ascii: "\n") else { return .lost("a bulk string has another length than it says") }
            message.phase = .pieceLine
            return .goesOn(.line(seeing: seenOfLine))
        }
    }

    private static func line(_ message: inout Message, _ direction: Direction, _ seen: RawSpan) -> Verdict {
        // Attributes stand before the value that names the kind.
        let isTop = !message.hasKind && message.values == 1 && message.surroundings.isEmpty
        let type = seen[byte: 0]
        if direction == .upstream, isTop, type != UInt8(ascii: "*") {
            // What somebody types by hand; an empty line is nothing.
            let command = word(of: seen, from: 0, direction)
            return .ends(kind: command.isEmpty ? nil : command)
        }
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let text = type == UInt8(ascii: "+") ? line(of: seen) : word(of: seen, from: 0, .downstream)
            return valueEnded(&message, kind: isTop ? text : nil)
        case UInt8(ascii: ":"): return valueEnded(&message, kind: isTop ? "integer" : nil)
        case UInt8(ascii: "_"): return valueEnded(&message, kind: isTop ? "null" : nil)
        case UInt8(ascii: "#"): return valueEnded(&message, kind: isTop ? "boolean" : nil)
        case UInt8(ascii: ","): return valueEnded(&message, kind: isTop ? "double" : nil)
        case UInt8(ascii: "("): return valueEnded(&message, kind: isTop ? "big number" : nil)
        case UInt8(ascii: "$"): return bulk(&message, seen, kind: isTop ? "bulk" : nil)
        case UInt8(ascii: "="): return bulk(&message, seen, kind: isTop ? "verbatim" : nil)
        case UInt8(ascii: "!"): return bulk(&message, seen, kind: isTop ? "-error" : nil)
        case UInt8(ascii: "*"):
            if isTop, direction == .upstream { message.kindPrefix = "" }
            return aggregate(&message, seen, valuesEach: 1, kind: isTop ? "array" : nil)
        case UInt8(ascii: "~"): return aggregate(&message, seen, valuesEach: 1, kind: isTop ? "set" : nil)
        case UInt8(ascii: "%"): return aggregate(&message, seen, valuesEach: 2, kind: isTop ? "map" : nil)
        case UInt8(ascii: ">"):
            if isTop { message.kindPrefix = "push " }
            return aggregate(&message, seen, valuesEach: 1, kind: isTop ? "push" : nil)
        case UInt8(ascii: "|"):
            // Attributes stand before a value, and are none.
            message.values += 1
            return aggregate(&message, seen, valuesEach: 2, kind: nil)
        case UInt8(ascii: "."):
            guard let values = message.surroundings.popLast() else { return .lost("a stream ends that never began") }
            message.values = values + 1
            return valueEnded(&message, kind: nil)
        default:
            return .lost("there is no type '\(Kind.text(seen, 0..<1))'")
        }
    }

    private static func bulk(_ message: inout Message, _ seen: RawSpan, kind: String?) -> Verdict {
        if kind != nil { message.hasKind = true }
        if isStreamed(seen) {
            message.phase = .pieceLine
            return .goesOn(.line(seeing: seenOfLine), kind: kind)
        }
        guard let length = number(seen), length >= -1, length <= longestBulk else {
            return .lost("a bulk string has no length that can be")
        }
        if length < 0 { return valueEnded(&message, kind: kind.map { _ in "null" }) }
        message.phase = .bulk
        let seenByteCount = message.kindPrefix == nil ? 0 : min(Int(length), Kind.longest)
        return .goesOn(.count(Int(length) + 2, seeing: seenByteCount), kind: kind)
    }

    /// A piece of a streamed string; the empty one is the last.
    private static func piece(_ message: inout Message, _ seen: RawSpan) -> Verdict {
        guard seen[byte: 0] == UInt8(ascii: ";"), let length = number(seen), (0...longestBulk).contains(length) else {
            return .lost("a piece of a string has no length that can be")
        }
        if length == 0 { return valueEnded(&message, kind: nil) }
        message.phase = .piece
        return .goesOn(.count(Int(length) + 2))
    }

    private static func aggregate(
        _ message: inout Message,
        _ seen: RawSpan,
        valuesEach: Int,
        kind: String?
    ) -> Verdict {
        if kind != nil { message.hasKind = true }
        if isStreamed(seen) {
            guard message.surroundings.count < deepestStream else { return .lost("streams lie too deep in each other") }
            message.surroundings.append(message.values - 1)
            message.values = .max / 2
            return .goesOn(.line(seeing: seenOfLine), kind: kind)
        }
        guard let count = number(seen), count >= -1, count <= mostValues else {
            return .lost("an aggregate has no number of elements that can be")
        }
        if count < 0 { return valueEnded(&message, kind: kind.map { _ in "null" }) }
        message.values += Int(count) * valuesEach
        guard message.values <= Int.max / 2 + Int(mostValues) * 4 else { return .lost("too many values are announced") }
        return valueEnded(&message, kind: kind)
    }

    private static func valueEnded(_ message: inout Message, kind: String?) -> Verdict {
        if kind != nil {
            message.hasKind = true
            if message.phase == .bulk { message.kindPrefix = nil }
        }
        message.phase = .line
        message.values -= 1
        if message.values == 0, message.surroundings.isEmpty { return .ends(kind: kind) }
        return .goesOn(.line(seeing: seenOfLine), kind: kind)
    }

    private static func isStreamed(_ seen: RawSpan) -> Bool {
        seen.byteCount >= 2 && seen[byte: 1] == UInt8(ascii: "?")
    }

    /// What stands behind the type.
    private static func number(_ seen: RawSpan) -> Int64? {
        var value: Int64 = 0
        var index = 1
        let isNegative = seen.byteCount > 1 && seen[byte: 1] == UInt8(ascii: "-")
        if isNegative { index = 2 }
        let first = index
        while index < seen.byteCount, case let byte = seen[byte: index], (0x30...0x39).contains(byte) {
            guard index - first < 18 else { return nil }
            value = value * 10 + Int64(byte & 15)
            index += 1
        }
        guard index > first, index < seen.byteCount, seen[byte: index] == 13 || seen[byte: index] == 10 else {
            return nil
        }
        return isNegative ? -value : value
    }

    /// Up to the first space or line end: a command is shown in capitals.
    private static func word(of seen: RawSpan, from start: Int, _ direction: Direction) -> String {
        var end = start
        while end < seen.byteCount, seen[byte: end] > 0x20 { end += 1 }
        return Kind.text(seen, start..<end, uppercased: direction == .upstream)
    }

    private static func line(of seen: RawSpan) -> String {
        var end = 0
        while end < seen.byteCount, seen[byte: end] != 13, seen[byte: end] != 10 { end += 1 }
        return Kind.text(seen, 0..<end)
    }
}
