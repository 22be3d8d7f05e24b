/// Names one session: one accepted client connection with the upstream connection made for it.
///
/// Numbers rise over the life of a capture file, across restarts.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package var description: String { String(rawValue) }
}

/// A client was accepted.
package struct SessionOpening: Sendable {
    package var session: SessionID
    /// Position of the route in the configuration, from 0.
    package var route: Int
    /// `127.0.0.1:53210`, `[::1]:53210`, or `unix:` for an unnamed peer.
    package var clientAddress: String
    package var at: Timestamp

    package init(session: SessionID, route: Int, clientAddress: String, at: Timestamp) {
        self.session = session
        self.route = route
        self.clientAddress = clientAddress
        self.at = at
    }
}

/// What has passed through a session so far.
package struct SessionTally: Equatable, Sendable {
    /// Bytes received by the relay, per direction.
    package var bytes = PerDirection<Int64>(both: 0)
    /// Messages heard, per direction: recorded or not.
    package var messages = PerDirection<Int64>(both: 0)

    package init() {}
}

/// A session is over: nothing more will be told of it.
package struct SessionClosing: Sendable {
    package var session: SessionID
    package var route: Int
    package var reason: CloseReason
    package var tally: SessionTally
    package var at: Timestamp
    /// Since the client was accepted.
    package var durationNanoseconds: Int64

    package init(
        session: SessionID,
        route: Int,
        reason: CloseReason,
        tally: SessionTally,
        at: Timestamp,
        durationNanoseconds: Int64 = 0
    ) {
        self.session = session
        self.route = route
        self.reason = reason
        self.tally = tally
        self.at = at
        self.durationNanoseconds = durationNanoseconds
    }
}

/// Why a session ended: one set of words for the log, the record and the metrics.
package enum CloseReason: String, CaseIterable, Sendable {
    /// Both directions ended, the client's first.
    case clientClosed
    /// Both directions ended, the server's first.
    case upstreamClosed
    case clientReset
    case upstreamReset
    case connectRefused
    case connectTimeout
    case unreachable
    case resolveFailed
    case idleTimeout
    case halfClosedTimeout
    case drainTimeout
    case captureStopped
    case processEnded
    case error

    /// The reasons that mean the upstream could not be reached.
    package static let connectFailures: [CloseReason] = [
        .connectRefused, .connectTimeout, .unreachable, .resolveFailed, .error,
    ]
}
