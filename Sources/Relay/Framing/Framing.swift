package import AsyncChat

/// The rule that names the next terminator of one direction: asynchat's `set_terminator`, made declarative.
///
/// A pure value. It only ever observes: bytes are forwarded whatever it finds. The simplest name one terminator for good,
/// and the engine's own scanner finds it; the others are played by a `Framer`.
package enum Framing: Equatable, Sendable, CustomStringConvertible {
    /// A message ends with this byte string.
    case delimiter(Delimiter)
    /// Every message has this many bytes.
    case fixed(byteCount: Int)
    /// Each read is a chunk.
    case none
    /// A message ends with any of the byte strings of a mark.
    case alternatives(Mark)
    /// A message says how long it is.
    case length(LengthField)
    /// A message begins with its length in decimal digits and a space.
    case octet
    /// A message lies between two marks.
    case between(start: Mark, end: Mark)
    /// As a protocol has it.
    case named(NamedProtocol)
    /// As the protocol has it that the first bytes of both directions are recognised as.
    case auto

    /// What ends the next message, for the engine's scanner. With a framer that is for the framer to say.
    package var terminator: Terminator {
        switch self {
        case .delimiter(let delimiter): .bytes(delimiter)
        case .fixed(let byteCount): .count(byteCount)
        default: .none
        }
    }

    /// Hears messages by this rule; nil where the engine's scanner does it.
    package func makeHearing() -> Hearing? {
        switch self {
        case .delimiter, .fixed, .none: nil
        case .alternatives(let mark): FramedHearing(AlternativesFramer(mark))
        case .length(let field): FramedHearing(LengthFramer(field))
        case .octet: FramedHearing(OctetFramer())
        case .between(let start, let end): FramedHearing(BetweenFramer(start: start, end: end))
        case .named(let name): name.makeHearing()
        case .auto: AutoHearing()
        }
    }

    /// The form that `init(parsing:)` reads.
    package var description: String {
        switch self {
        case .delimiter("\n"): "lf"
        case .delimiter("\r\n"): "crlf"
        case .delimiter([0]): "nul"
        case .delimiter(let delimiter): "delimiter:\(Hexadecimal.text(of: delimiter.bytes))"
        case .fixed(let byteCount): "fixed:\(byteCount)"
        case .none: "none"
        case .alternatives(let mark): "delimiter:\(mark.text)"
        case .length(let field): field.description
        case .octet: "octet"
        case .named(let name): name.rawValue
        case .auto: "auto"
        case .between(let start, let end): "between:\(start.text)/\(end.text)"
        }
    }
}
