import Logging
import Traffic

/// Speaks of the sessions of one loop: a line when one opens, and one when it closes with the reason.
final class JournalObserver: TrafficObserver {
    private let log: Logger
    private let routes: [String]

    init(log: Logger, routes: [String]) {
        self.log = log
        self.routes = routes
    }

    func sessionOpened(_ opening: SessionOpening) {
        log.event(
            "session.opened",
            ["id": "\(opening.session)", "route": routes[opening.route], "client": opening.clientAddress]
        )
    }

    func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        log.event(.debug, "session.connected", ["id": "\(session)", "upstream": upstreamAddress])
    }

    func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp) {
        log.event("framing.recognised", ["id": "\(session)", "route": routes[route], "framing": framing])
    }

    func framingLost(_ session: SessionID, route: Int, direction: Direction, framing: String, why: String) {
        log.event(
            .warning,
            "framing.lost",
            [
                "id": "\(session)", "route": routes[route], "direction": direction.name, "framing": framing,
                "why": why,
            ]
        )
    }

    func sessionClosed(_ closing: SessionClosing) {
        let tally = closing.tally
        log.event(
            "session.closed",
            [
                "id": "\(closing.session)", "route": routes[closing.route], "reason": closing.reason.rawValue,
                "bytes_upstream": "\(tally.bytes.upstream)", "bytes_downstream": "\(tally.bytes.downstream)",
                "messages_upstream": "\(tally.messages.upstream)",
                "messages_downstream": "\(tally.messages.downstream)",
            ]
        )
    }

    func acceptPaused(route: Int, reason: AcceptPause) {
        log.event(.warning, "accept.paused", ["route": routes[route], "reason": reason.rawValue])
    }
}
