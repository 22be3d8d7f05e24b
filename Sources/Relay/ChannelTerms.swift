import AsyncChat
import Traffic

/// What all channels of one side of a route have in common: made once, so that each of many idle ones holds one reference.
final class ChannelTerms {
    let side: Side
    /// The one read on this side.
    let direction: Direction
    let route: Int
    let framing: Framing
    let audience: Audience
    /// So much of a message is kept and told.
    let payloadByteCount: Int
    let isRecorded: Bool
    let overlongByteCount: Int
    let readByteCount: Int
    let highWaterByteCount: Int
    let lowWaterByteCount: Int

    init(_ side: Side, ofRoute route: Int, _ configuration: RelayConfiguration, telling audience: Audience) {
        self.side = side
        direction = side.outgoingDirection
        self.route = route
        self.audience = audience
        framing = configuration.routes[route].framing[direction]
        let depth = configuration.routes[route].capture[direction]
        payloadByteCount = depth.payloadByteCount
        isRecorded = depth != .off
        overlongByteCount = configuration.overlongByteCount
        readByteCount = configuration.readByteCount
        highWaterByteCount = configuration.highWaterByteCount
        lowWaterByteCount = configuration.lowWaterByteCount
    }
}

/// The terms of a route's two sides.
struct RouteTerms {
    let client: ChannelTerms
    let upstream: ChannelTerms
    let haveOneFraming: Bool

    static func all(of configuration: RelayConfiguration, telling audience: Audience) -> [RouteTerms] {
        configuration.routes.indices.map { route in
            RouteTerms(
                client: ChannelTerms(.client, ofRoute: route, configuration, telling: audience),
                upstream: ChannelTerms(.upstream, ofRoute: route, configuration, telling: audience),
                haveOneFraming: configuration.routes[route].framing.upstream
                    == configuration.routes[route].framing.downstream
            )
        }
    }
}
