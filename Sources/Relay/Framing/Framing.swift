package import AsyncChat

/// The rule that names the next terminator of one direction: asynchat's `set_terminator`, made declarative.
///
/// A pure value. It only ever observes: bytes are forwarded whatever it finds.
package enum Framing: Equatable, Sendable, CustomStringConvertible {
    /// A message ends with this byte string.
    case delimiter(Delimiter)
    /// Every message has this many bytes.
    case fixed(byteCount: Int)
    /// Each read is a chunk.
    case none

    /// What ends the next message.
    package var terminator: Terminator {
        switch self {
        case .delimiter(let delimiter): .bytes(delimiter)
        case .fixed(let byteCount): .count(byteCount)
        case .none: .none
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
        }
    }
}
