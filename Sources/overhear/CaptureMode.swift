import ArgumentParser
import Traffic

/// How much of each message is stored, as people write it: `full`, `head:256`, `metadata`, `off`.
enum CaptureMode: Equatable, ExpressibleByArgument, CustomStringConvertible {
    case full
    case head(ByteCountArgument)
    case metadata
    case off

    init?(argument: String) {
        switch argument {
        case "full": self = .full
        case "metadata": self = .metadata
        case "off": self = .off
        default:
            guard argument.hasPrefix("head:"), let size = ByteCountArgument(argument: String(argument.dropFirst(5))),
                size.byteCount > 0
            else { return nil }
            self = .head(size)
        }
    }

    /// - Parameter longest: what `full` stores of a message.
    func depth(longest: Int) -> CaptureDepth {
        switch self {
        case .full: .messages(payloadByteCount: longest)
        case .head(let size): .messages(payloadByteCount: size.byteCount)
        case .metadata: .messages(payloadByteCount: 0)
        case .off: .off
        }
    }

    /// The mode that comes to this.
    init(_ depth: CaptureDepth, longest: Int) {
        switch depth {
        case .off: self = .off
        case .messages(longest): self = .full
        case .messages(0): self = .metadata
        case .messages(let byteCount): self = .head(ByteCountArgument(byteCount))
        }
    }

    var description: String {
        switch self {
        case .full: "full"
        case .head(let size): "head:\(size)"
        case .metadata: "metadata"
        case .off: "off"
        }
    }

    var defaultValueDescription: String { description }
}

/// What a route says of its two directions, or the flags of all routes.
struct CaptureModes {
    var both: CaptureMode?
    var upstream: CaptureMode?
    var downstream: CaptureMode?

    /// What is said here, where nothing is what the others say.
    func depths(otherwise others: CaptureModes, longest: Int) -> PerDirection<CaptureDepth> {
        PerDirection(
            upstream: (upstream ?? both ?? others.upstream ?? others.both ?? .full).depth(longest: longest),
            downstream: (downstream ?? both ?? others.downstream ?? others.both ?? .full).depth(longest: longest)
        )
    }
}
