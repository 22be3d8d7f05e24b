import AsyncChat
import Relay

/// Opens the listeners, and puts what the kernel refuses into a sentence.
enum Listening {
    /// Listens for every route.
    ///
    /// - Returns: the real addresses, by route.
    static func open(
        _ routes: [RelayRoute],
        on relay: RelayLoop,
        sharesPort: Bool
    ) throws(Refusal) -> [SocketAddress] {
        var listening: [SocketAddress] = []
        for (index, route) in routes.enumerated() {
            let address = try listen(on: route.listen, for: "listen") { (address) throws(SystemError) in
                try relay.listen(route: index, on: address, sharesPort: sharesPort)
            }
            listening.append(address)
        }
        return listening
    }

    /// Listens on the first address an endpoint has.
    static func listen(
        on endpoint: Endpoint,
        for flag: String,
        _ listen: (SocketAddress) throws(SystemError) -> SocketAddress
    ) throws(Refusal) -> SocketAddress {
        let addresses: [SocketAddress]
        do {
            addresses = try endpoint.resolve(passive: true)
        } catch {
            throw Refusal(.unavailable, "cannot listen on \(endpoint): \(error). Check --\(flag).")
        }
        guard let address = addresses.first(where: { $0.isIPv4 }) ?? addresses.first else {
            throw Refusal(.unavailable, "cannot listen on \(endpoint): it has no address. Check --\(flag).")
        }
        do {
            return try listen(address)
        } catch {
            throw Refusal(.unavailable, "cannot listen: \(error). \(advice(error, flag: flag))")
        }
    }

    /// A relay whose upstream is its own listener would open sessions for ever.
    static func refuseOwnUpstreams(_ routes: [RelayRoute], _ listening: [SocketAddress]) throws(Refusal) {
        for route in routes {
            for upstream in addresses(of: route.upstream, ifPortAmong: listening) {
                for listener in listening where OwnListener.isReached(at: upstream, listeningOn: listener) {
                    throw Refusal(
                        .configuration,
                        "route '\(route.name)' relays to \(route.upstream), where overhear itself listens; "
                            + "name the real server with --upstream"
                    )
                }
            }
        }
    }

    /// A name is only looked up where its port makes it suspicious: look-ups can take long.
    private static func addresses(of endpoint: Endpoint, ifPortAmong listening: [SocketAddress]) -> [SocketAddress] {
        if let address = endpoint.numericAddress { return [address] }
        guard case .host(_, let port) = endpoint, listening.contains(where: { $0.port == port }) else {
            return []
        }
        return (try? endpoint.resolve()) ?? []
    }

    private static func advice(_ error: SystemError, flag: String) -> String {
        switch error.symbol {
        case "EADDRINUSE": "Is another overhear running? See --\(flag)."
        case "EACCES": "Ports below 1024 need a privilege; choose another with --\(flag)."
        case "EADDRNOTAVAIL": "This machine has no such address; see --\(flag)."
        case "ENOENT": "Its folder is missing; see --\(flag)."
        default: "See --\(flag)."
        }
    }
}
