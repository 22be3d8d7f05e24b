import Traffic

/// How a protocol names its next terminator: asynchat's `set_terminator` in `found_terminator`, as a pure value.
///
/// A message is made of parts (a head, a body, a line). A framer names what ends the next part, is asked again when that has
/// come, and says whether the message goes on. It holds what it knows of both directions, for a protocol may need the
/// other one to know what comes next. It knows no socket and no clock, and keeps no bytes: what it needs to see of a part
/// it asks for, and it asks for a bounded number. docs/FRAMING.md teaches how to write one.
protocol Framer {
    /// The marks its parts may end with, which name them by their place here.
    var marks: [Mark] { get }

    /// The first byte of a message has come, and is still to be looked at: what ends the message's first part?
    mutating func begin(_ direction: Direction) -> Part

    /// The part that was named last has come to its end: what now?
    ///
    /// - Parameters:
    ///   - seen: the beginning of the part with its terminator, as many bytes as the part asked to see.
    ///   - last: the part's last byte.
    ///   - remarks: what was said so far of the message that this is a part of, to be added to.
    mutating func next(
        _ direction: Direction,
        after seen: RawSpan,
        last: UInt8,
        _ remarks: inout Remarks
    ) -> Verdict

    /// How many bytes the message has that begins here, where that can be told at one look, it has come whole, and ends by
    /// its length. Nil, the default, where it is to be told part by part, which comes to the same.
    func wholeByteCount(_ direction: Direction, in bytes: RawSpan, _ remarks: inout Remarks) -> Int?
}

extension Framer {
    var marks: [Mark] { [] }

    func wholeByteCount(_ direction: Direction, in bytes: RawSpan, _ remarks: inout Remarks) -> Int? { nil }
}

/// A stretch of a message: what ends it, and how much of it the framer asks to see.
struct Part {
    enum End {
        /// This byte.
        case byte(UInt8)
        /// Any of the byte strings of the framer's mark of this number, of which so much has come already.
        case mark(Int, Mark.State)
        /// So many bytes, at least one.
        case count(Int)
        /// Nothing but the end of the direction.
        case endOfStream
        /// From here on nothing is known of this direction: each read is a chunk.
        case read
    }

    var end: End
    /// How many of its first bytes the framer is to be shown.
    let seenByteCount: Int

    /// Up to and including a line feed.
    static func line(seeing byteCount: Int) -> Part { Part(end: .byte(UInt8(ascii: "\n")), seenByteCount: byteCount) }

    static func byte(_ byte: UInt8) -> Part { Part(end: .byte(byte), seenByteCount: 0) }

    static func mark(_ number: Int = 0, from state: Mark.State = 0) -> Part {
        Part(end: .mark(number, state), seenByteCount: 0)
    }

    static func count(_ byteCount: Int, seeing seenByteCount: Int = 0) -> Part {
        precondition(byteCount > 0, "a part has at least one byte")
        return Part(end: .count(byteCount), seenByteCount: seenByteCount)
    }

    static let endOfStream = Part(end: .endOfStream, seenByteCount: 0)
    static let chunks = Part(end: .read, seenByteCount: 0)
}

/// What a framer says when a part has come to its end. Like a part it holds no reference: there may be millions a second.
enum Verdict {
    /// The message goes on with this part.
    case goesOn(Part)
    /// The message ends here.
    case ends
    /// This cannot be: the framer has lost its way, and will not be asked about this direction again. See `Remarks.lost`.
    case lost
}

/// What a framer has to say of a message besides where it ends.
struct Remarks {
    /// What kind of message it is, once that is known.
    var kind: String?
    /// Why the framer has lost its way.
    private(set) var loss = ""

    /// This cannot be, for the reason given.
    mutating func lost(_ why: String) -> Verdict {
        loss = why
        return .lost
    }
}
