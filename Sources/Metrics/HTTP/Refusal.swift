/// Why a request is not served: what is wrong with it, in one sentence for whoever sent it.
///
/// After a refusal nothing more is read as a request from that connection: where one ends cannot be trusted any more.
package enum Refusal: Error, Equatable, Sendable {
    case malformed(String)
    case headTooLarge
    case unsupportedVersion
    case transferEncoded

    package var status: Status {
        switch self {
        case .malformed: .badRequest
        case .headTooLarge: .headTooLarge
        case .unsupportedVersion: .versionNotSupported
        case .transferEncoded: .notImplemented
        }
    }

    package var sentence: String {
        switch self {
        case .malformed(let what): what
        case .headTooLarge: "The request head is longer than is read here."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        case .transferEncoded: "Requests with a transfer encoding are not read here."
        }
    }
}
