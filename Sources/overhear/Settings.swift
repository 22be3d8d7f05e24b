import AsyncChat
import Capture
import Logging
import Relay
import Traffic

typealias RelayRoute = Relay.Route

/// The effective configuration: what flags, environment and defaults come to.
struct Settings: Sendable {
    var routes: [RelayRoute]
    /// Nil where nothing is recorded.
    var database: String? = "overhear.db"
    /// Nil where no metrics are served.
    var metrics: Endpoint?
    /// Nil for what the address that metrics are served at suggests.
    var statusMessages: Bool?
    var maxMessageByteCount = 1 << 20
    var overlongByteCount = 16 << 20
    var captureBufferByteCount = 64 << 20
    var whenBehind = WhenBehind.block
    var stopsOnCaptureFailure = false
    var durability = Durability.normal
    var retention = Retention()
    /// Nil for what the disk's size suggests.
    var minFreeByteCount: Int64?
    var sampleInterval: Duration = .seconds(1)
    var connectTimeout: Duration? = .seconds(10)
    var idleTimeout: Duration? = .seconds(3600)
    var halfClosedTimeout: Duration? = .seconds(300)
    var drainTimeout: Duration = .seconds(8)
    /// Nil for what the descriptor limit allows.
    var maxSessions: Int?
    var loops = 1
    var logLevel = Logger.Level.info
    var logFormat = Journal.Format.text

    init(routes: [RelayRoute]) {
        self.routes = routes
    }

    /// The most that is stored of any message.
    var longestPayloadByteCount: Int {
        routes.flatMap { [$0.capture.upstream, $0.capture.downstream] }.map(\.payloadByteCount).max() ?? 0
    }

    /// Does the status page show what is said? Unless told, only where nobody but this machine can look.
    var showsMessages: Bool { statusMessages ?? metrics?.isLocal ?? false }

    /// What each loop's relay is told.
    func relayConfiguration(descriptorLimit: Int) -> RelayConfiguration {
        var configuration = RelayConfiguration(routes: routes)
        configuration.connectTimeout = connectTimeout
        configuration.idleTimeout = idleTimeout
        configuration.halfClosedTimeout = halfClosedTimeout
        configuration.sampleInterval = sampleInterval
        if database == nil {
            for index in configuration.routes.indices { configuration.routes[index].capture = PerDirection(both: .off) }
        }
        configuration.overlongByteCount = overlongByteCount
        let sessions = maxSessions ?? DescriptorLimit.sessions(within: descriptorLimit)
        configuration.maxSessions = max(1, (sessions + loops - 1) / loops)
        return configuration
    }

    /// For the record of this run: what is in force, as one JSON object.
    var json: String {
        let routes = routes.map { route in
            object([
                ("name", LogText.json(route.name)),
                ("listen", LogText.json(route.listen.description)),
                ("upstream", LogText.json(route.upstream.description)),
                ("framing_upstream", LogText.json(route.framing.upstream.description)),
                ("framing_downstream", LogText.json(route.framing.downstream.description)),
                ("capture_upstream", mode(route.capture.upstream)),
                ("capture_downstream", mode(route.capture.downstream)),
            ])
        }
        return object([
            ("routes", "[\(routes.joined(separator: ","))]"),
            ("metrics", metrics.map { LogText.json($0.description) } ?? "null"),
            ("max_message_bytes", "\(maxMessageByteCount)"),
            ("overlong_after", "\(overlongByteCount)"),
            ("capture_buffer", "\(captureBufferByteCount)"),
            ("when_behind", LogText.json(whenBehind.rawValue)),
            ("on_capture_failure", stopsOnCaptureFailure ? "\"stop\"" : "\"suspend\""),
            ("durability", LogText.json(durability.rawValue)),
            ("retain_bytes", LogText.json(ByteCountArgument(Int(retention.byteCount ?? 0)).description)),
            ("retain_age", LogText.json(DurationArgument(retention.age ?? .zero).description)),
            ("retain_messages", "\(retention.messageCount ?? 0)"),
            ("min_free_bytes", minFreeByteCount.map { LogText.json(ByteCountArgument(Int($0)).description) } ?? "null"),
            ("sample_interval", LogText.json(DurationArgument(sampleInterval).description)),
            ("connect_timeout", LogText.json(DurationArgument(connectTimeout ?? .zero).description)),
            ("idle_timeout", LogText.json(DurationArgument(idleTimeout ?? .zero).description)),
            ("half_closed_timeout", LogText.json(DurationArgument(halfClosedTimeout ?? .zero).description)),
            ("drain_timeout", LogText.json(DurationArgument(drainTimeout).description)),
            ("max_sessions", maxSessions.map { "\($0)" } ?? "null"),
            ("loops", "\(loops)"),
        ])
    }

    private func mode(_ depth: CaptureDepth) -> String {
        LogText.json(CaptureMode(depth, longest: maxMessageByteCount).description)
    }

    private func object(_ pairs: [(String, String)]) -> String {
        "{" + pairs.map { "\(LogText.json($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
