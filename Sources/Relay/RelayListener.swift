import AsyncChat
import Traffic

/// Accepts the clients of one route on one loop; rests while the loop has all the sessions it may.
final class RelayListener: Dispatcher {
    /// Holds its listeners, and lives as long as its loop runs.
    private unowned let relay: RelayLoop
    private let route: Int
    private var isAtLimit = false

    init(relay: RelayLoop, route: Int) {
        self.relay = relay
        self.route = route
        super.init(loop: relay.loop)
    }

    override func prepare(_ socket: borrowing Socket) {
        SessionSockets.prepare(socket)
    }

    override func readable() -> Bool {
        let wasAtLimit = isAtLimit
        isAtLimit = relay.isAtSessionLimit
        if isAtLimit, !wasAtLimit { relay.audience.acceptPaused(route: route, reason: .sessionLimit) }
        return !isAtLimit
    }

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        relay.open(socket, from: peer, route: route)
    }

    override func handleAcceptPaused(_ error: SystemError) {
        relay.audience.acceptPaused(route: route, reason: .exhausted)
    }

    override func handleError(_ error: any Error) {
        // One client's failed accept(2) is no reason to stop listening.
        loop.reportError(self, error)
    }

    override func close() {
        if isOpen, case .unix(let path)? = address { UnixSocketFile.remove(path) }
        super.close()
    }
}
