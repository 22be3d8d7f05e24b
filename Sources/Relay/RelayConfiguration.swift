package import AsyncChat
package import Traffic

/// A listening address, the upstream address it relays to, how its two directions are framed, and how much of them is
/// recorded.
package struct Route: Equatable, Sendable {
    package var name: String
    package var listen: Endpoint
    package var upstream: Endpoint
    package var framing: PerDirection<Framing>
    /// Observers are lent no more of a message; and only what is recorded waits for a recorder that is behind.
    package var capture: PerDirection<CaptureDepth>

    package init(
        name: String,
        listen: Endpoint,
        upstream: Endpoint,
        framing: PerDirection<Framing>,
        capture: PerDirection<CaptureDepth> = PerDirection(both: .messages(payloadByteCount: 1 << 20))
    ) {
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.framing = framing
        self.capture = capture
    }

    /// Anything at all of it.
    package var isRecorded: Bool { capture.upstream != .off || capture.downstream != .off }
}

/// All that a relay is told before it starts; the same for each of its loops.
package struct RelayConfiguration: Sendable {
    package var routes: [Route]
    /// How long connecting to the upstream may take, looking its name up included.
    package var connectTimeout: Duration? = .seconds(10)
    /// How long a session may stay silent in both directions.
    package var idleTimeout: Duration? = .seconds(3600)
    /// How long a session may stay silent after one of its directions ended.
    package var halfClosedTimeout: Duration? = .seconds(300)
    /// How many sessions one loop keeps at once; accepting pauses there.
    package var maxSessions = 1000
    /// A message longer than this is cut in the record, as often as need be.
    package var overlongByteCount = 16 << 20
    /// How often live channels are sampled.
    package var sampleInterval: Duration = .seconds(1)
    /// Above so many bytes in a channel's FIFO its partner is no longer read …
    package var highWaterByteCount = 256 * 1024
    /// … until so many are left.
    package var lowWaterByteCount = 64 * 1024
    /// How much one read event receives at most.
    package var readByteCount = 256 * 1024

    package init(routes: [Route]) {
        self.routes = routes
    }

    /// How often timeouts are looked at: each is noticed at most this late.
    var sweepInterval: Duration {
        let timeouts = [connectTimeout, idleTimeout, halfClosedTimeout].compactMap { $0.map { $0 / 4 } }
        return max(.milliseconds(10), ([.seconds(1), sampleInterval] + timeouts).min() ?? .seconds(1))
    }
}
