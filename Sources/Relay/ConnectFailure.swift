import AsyncChat
import Traffic

/// Puts what connect(2) answered into the words of `CloseReason`.
enum ConnectFailure {
    static func reason(for error: SystemError) -> CloseReason {
        switch error.symbol {
        case "ECONNREFUSED", "ECONNRESET", "EAGAIN": .connectRefused
        case "ETIMEDOUT": .connectTimeout
        case "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ENOENT",
            "EACCES",
            "EPERM":
            .unreachable
        default: .error
        }
    }
}
