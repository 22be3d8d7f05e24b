/// How much of a direction is recorded.
package enum CaptureDepth: Equatable, Sendable {
    /// Nothing at all: its messages are counted and no more.
    case off
    /// Each message, with at most so many of its bytes; its true length is kept.
    case messages(payloadByteCount: Int)

    /// How much of a message anybody looks at.
    package var payloadByteCount: Int {
        switch self {
        case .off: 0
        case .messages(let byteCount): byteCount
        }
    }
}
