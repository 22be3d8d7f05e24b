import ArgumentParser
import Glibc
import Logging
import Relay
import Traffic

/// `overhear run`: the relay itself.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Relay, record and count until told to stop.",
        discussion: """
            EXAMPLES
              overhear run --listen :7000 --upstream 127.0.0.1:6379 --framing crlf
              overhear run --route name=cache,listen=:6380,upstream=redis:6379 \\
                           --route name=db,listen=:5433,upstream=unix:/run/db.sock

            Addresses are HOST:PORT, [IPV6]:PORT, :PORT for every interface, or
            unix:PATH. Durations are 250ms, 10s, 5m, 1h; sizes 4096, 64KiB, 1MiB.
            Every option can be set as OVERHEAR_NAME in the environment
            (OVERHEAR_IDLE_TIMEOUT=10m; OVERHEAR_ROUTE holds one route a line).
            SIGTERM or Ctrl-C ends it once its sessions are over; a second one now.
            """
    )

    @OptionGroup(title: "What to relay") var relaying: RelayingOptions
    @OptionGroup(title: "What to record") var recording: RecordingOptions
    @OptionGroup(title: "What to keep") var keeping: KeepingOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "What to say") var journal: JournalOptions

    func run() throws {
        try run(Environment.unknownVariables())
    }

    private func run(_ unknownVariables: [String]) throws(Refusal) {
        let settings = try settings()
        SignalListener.block()
        let log = JournalOptions.log(level: settings.logLevel, format: settings.logFormat)
        for variable in unknownVariables {
            log.event(.warning, "environment.unknown", ["variable": variable])
        }
        try Program(settings, log: log).run()
    }

    /// Everything checked that can be checked without touching a file or a socket.
    func settings() throws(Refusal) -> Settings {
        var settings = Settings(routes: try relaying.routes(recording: recording))
        try recording.apply(to: &settings)
        try keeping.apply(to: &settings)
        limits.apply(to: &settings)
        journal.apply(to: &settings)
        return settings
    }
}

/// The options that name routes.
struct RelayingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where clients connect.", valueName: "address"))
    var listen: String?

    @Option(help: ArgumentHelp("Where their bytes go.", valueName: "address"))
    var upstream: String?

    @Option(
        help: ArgumentHelp(
            "How both directions are cut into messages: lf, length:u32be, http, …; overhear framings lists all. (default: none, each read is a chunk)",
            valueName: "framing"
        )
    )
    var framing: String?

    @Option(help: ArgumentHelp("The same for client to server only.", valueName: "framing"))
    var framingUpstream: String?

    @Option(help: ArgumentHelp("The same for server to client only.", valueName: "framing"))
    var framingDownstream: String?

    @Option(help: ArgumentHelp("A further route: name=…,listen=…,upstream=…,framing=…,capture=….", valueName: "route"))
    var route: [String] = []

    func routes(recording: RecordingOptions) throws(Refusal) -> [RelayRoute] {
        var routes: [RelayRoute] = []
        if listen != nil || upstream != nil || route.isEmpty {
            routes.append(
                try RouteText.make(
                    name: "default",
                    listen: listen,
                    upstream: upstream,
                    framing: framing,
                    framingUpstream: framingUpstream,
                    framingDownstream: framingDownstream
                )
            )
        } else if framing != nil || framingUpstream != nil || framingDownstream != nil {
            throw Refusal(.usage, "--framing belongs to --listen and --upstream; in a --route say framing=FRAMING")
        }
        for index in routes.indices { routes[index].capture = try recording.depths(CaptureModes()) }
        for text in route { routes.append(try RouteText.parse(text, recording: recording)) }
        var names: Set<String> = []
        for route in routes where !names.insert(route.name).inserted {
            throw Refusal(.usage, "two routes are named '\(route.name)'; give each a name of its own")
        }
        return routes
    }
}

/// The options of the recorder and the metrics.
struct RecordingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The SQLite file to record into.", valueName: "file"))
    var database = "overhear.db"

    @Option(
        help: ArgumentHelp(
            "How much of each message is stored: full, head:SIZE (its beginning), metadata (only its length), or off: nothing is recorded at all.",
            valueName: "mode"
        )
    )
    var capture = CaptureMode.full

    @Option(help: ArgumentHelp("The same for client to server only.", valueName: "mode"))
    var captureUpstream: CaptureMode?

    @Option(help: ArgumentHelp("The same for server to client only.", valueName: "mode"))
    var captureDownstream: CaptureMode?

    @Option(help: ArgumentHelp("Store at most so much of a message; its true length is kept.", valueName: "size"))
    var maxMessageBytes = ByteCountArgument(1 << 20)

    @Option(help: ArgumentHelp("Cut a message in the record where it grows longer than this.", valueName: "size"))
    var overlongAfter = ByteCountArgument(16 << 20)

    @Option(help: ArgumentHelp("Memory for what is heard but not yet written; at least 1MiB.", valueName: "size"))
    var captureBuffer = ByteCountArgument(64 << 20)

    @Option(
        help: ArgumentHelp(
            "When that memory is full: hold traffic up, or relay on and count what is missed.",
            valueName: "mode"
        )
    )
    var whenBehind = BehindMode.block

    @Option(
        help: ArgumentHelp(
            "When recording fails: relay on and count what is missed, or refuse traffic.",
            valueName: "mode"
        )
    )
    var onCaptureFailure = FailureMode.suspend

    @Option(
        help: ArgumentHelp("What a commit survives: the end of the process, or a power cut too.", valueName: "mode")
    )
    var durability = DurabilityMode.normal

    @Option(help: ArgumentHelp("How often buffers and FIFOs of live channels are sampled.", valueName: "duration"))
    var sampleInterval = DurationArgument(.seconds(1))

    @Option(help: ArgumentHelp("Where metrics are served, or off.", valueName: "address"))
    var metrics = "127.0.0.1:9746"

    @Option(
        help: ArgumentHelp(
            "Does the status page show the messages that pass? (default: on if metrics are on loopback)",
            valueName: "on|off"
        )
    )
    var statusMessages: SwitchMode?

    /// What a route says of its directions, filled up with what these options say of all routes.
    func depths(_ modes: CaptureModes) throws(Refusal) -> PerDirection<CaptureDepth> {
        let all = CaptureModes(both: capture, upstream: captureUpstream, downstream: captureDownstream)
        for case .head(let size)? in [
            modes.both, modes.upstream, modes.downstream, all.both, all.upstream, all.downstream,
        ]
        where size.byteCount > captureBuffer.byteCount / 4 {
            throw Refusal(
                .usage,
                "--capture head:\(size) stores too much of a message; give at most a quarter of --capture-buffer (\(captureBuffer))"
            )
        }
        return modes.depths(otherwise: all, longest: maxMessageBytes.byteCount)
    }

    func apply(to settings: inout Settings) throws(Refusal) {
        guard captureBuffer.byteCount >= 1 << 20 else {
            throw Refusal(.usage, "--capture-buffer \(captureBuffer) is too small; give it at least 1MiB")
        }
        guard (1...captureBuffer.byteCount / 4).contains(maxMessageBytes.byteCount) else {
            throw Refusal(
                .usage,
                "--max-message-bytes \(maxMessageBytes) must be from 1 to a quarter of --capture-buffer (\(captureBuffer))"
            )
        }
        // SQLite takes a row of a thousand million bytes at most.
        guard settings.longestPayloadByteCount <= 512 << 20 else {
            throw Refusal(
                .usage,
                "--max-message-bytes \(ByteCountArgument(settings.longestPayloadByteCount)) is more than a row holds; give at most 512MiB"
            )
        }
        guard overlongAfter.byteCount >= 1024 else {
            throw Refusal(.usage, "--overlong-after \(overlongAfter) is too short; give it at least 1KiB")
        }
        guard sampleInterval.duration >= .milliseconds(10) else {
            throw Refusal(.usage, "--sample-interval \(sampleInterval) is too short; give it at least 10ms")
        }
        guard !database.isEmpty else { throw Refusal(.usage, "--database names no file") }
        settings.database = settings.routes.contains(where: \.isRecorded) ? database : nil
        settings.maxMessageByteCount = maxMessageBytes.byteCount
        settings.overlongByteCount = overlongAfter.byteCount
        settings.captureBufferByteCount = captureBuffer.byteCount
        settings.whenBehind = whenBehind.value
        settings.stopsOnCaptureFailure = onCaptureFailure == .stop
        settings.durability = durability.value
        settings.sampleInterval = sampleInterval.duration
        settings.statusMessages = statusMessages.map { $0 == .on }
        settings.metrics = metrics == "off" ? nil : try RouteText.endpoint(metrics, for: "metrics")
    }
}

/// The options that bound time and numbers.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long connecting upstream may take; 0: as long as the system tries.",
            valueName: "duration"
        )
    )
    var connectTimeout = DurationArgument(.seconds(10))

    @Option(help: ArgumentHelp("How long a session may be silent; 0: for ever.", valueName: "duration"))
    var idleTimeout = DurationArgument(.seconds(3600))

    @Option(
        help: ArgumentHelp(
            "How long a session may be silent once one side has ended; 0: for ever.",
            valueName: "duration"
        )
    )
    var halfClosedTimeout = DurationArgument(.seconds(300))

    @Option(help: ArgumentHelp("How long open sessions may take to end after SIGTERM.", valueName: "duration"))
    var drainTimeout = DurationArgument(.seconds(8))

    @Option(
        help: ArgumentHelp("How many sessions at once. (default: what the descriptor limit allows)", valueName: "count")
    )
    var maxSessions: Int?

    @Option(help: ArgumentHelp("How many event loops, each on a thread of its own.", valueName: "count"))
    var loops = 1

    func validate() throws {
        if let maxSessions, maxSessions < 1 { throw ValidationError("--max-sessions must be at least 1") }
        guard (1...64).contains(loops) else { throw ValidationError("--loops must be from 1 to 64") }
    }

    func apply(to settings: inout Settings) {
        settings.connectTimeout = connectTimeout.limit
        settings.idleTimeout = idleTimeout.limit
        settings.halfClosedTimeout = halfClosedTimeout.limit
        settings.drainTimeout = drainTimeout.duration
        settings.maxSessions = maxSessions
        settings.loops = loops
    }
}
