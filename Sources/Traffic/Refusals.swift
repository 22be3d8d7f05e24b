/// Why accepting rests.
package enum AcceptPause: String, CaseIterable, Sendable {
    /// As many sessions are open as may be.
    case sessionLimit
    /// The system is out of descriptors or memory.
    case exhausted
}

/// Why a client was turned away on arrival.
package enum Rejection: String, CaseIterable, Sendable {
    /// Recording is suspended, and traffic that is not recorded is refused.
    case captureStopped
}
