import ArgumentParser
import AsyncChat

/// `--status-messages`
enum SwitchMode: String, CaseIterable, ExpressibleByArgument {
    case on, off
}

extension Endpoint {
    /// Can nobody but this machine reach it, as far as can be told without looking a name up?
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .host(let host, _): host == "localhost" || numericAddress?.isLoopback ?? false
        }
    }
}
