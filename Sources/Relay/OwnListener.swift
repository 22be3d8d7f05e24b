package import AsyncChat

/// Notices an upstream that is our own listener: every session would open the next.
package enum OwnListener {
    /// Does connecting to this address reach the listener at that one?
    package static func isReached(at upstream: SocketAddress, listeningOn listener: SocketAddress) -> Bool {
        if upstream == listener { return true }
        guard upstream.port == listener.port, listener.port != nil else { return false }
        // Every IPv4 interface hears no IPv6; every IPv6 interface, as we listen on it, hears both.
        if listener.isWildcard { return upstream.isOfThisMachine && (upstream.isIPv4 || !listener.isIPv4) }
        return upstream.isWildcard && listener.isLoopback && upstream.isIPv4 == listener.isIPv4
    }
}
