import AsyncChat
import Capture
import Glibc
import Logging
import Metrics
import Relay
import Traffic

/// The running relay: starts everything in an order in which nothing is left behind if a later part refuses, and ends it
/// in an order in which nothing is lost.
///
/// Sockets first, then the file: a port in use leaves no database behind. Lives on the main thread, which runs the first
/// loop.
final class Program {
    /// With the drain timeout, within the 10 s that Docker gives.
    private static let finishLimit = Duration.milliseconds(1500)

    let settings: Settings
    let log: Logger
    private let shared: SharedParts
    private let first: LoopAssembly
    private let readiness = ReadinessBoard()
    /// For what is looked up at the start, to say what is not known.
    private let resolver = NameResolver()
    private var controls: [LoopControls] = []
    private var undrainedCount = 0
    private var endingSignals = 0

    init(_ settings: Settings, log: Logger) throws(Refusal) {
        self.settings = settings
        self.log = log
        let limit = DescriptorLimit.raise()
        shared = SharedParts(
            configuration: settings.relayConfiguration(descriptorLimit: limit),
            log: log,
            metrics: (0..<settings.loops).map { _ in LoopMetrics(routeCount: settings.routes.count) },
            status: settings.metrics == nil ? nil : StatusBoard(loops: settings.loops),
            showsMessages: settings.showsMessages
        )
        do {
            first = try LoopAssembly(shared, index: 0)
        } catch {
            throw Refusal(.unavailable, "cannot start: \(error)")
        }
    }

    /// The loop of the main thread.
    var loop: EventLoop { first.loop }

    /// Runs until the relay is told to end.
    ///
    /// - Parameter whenReady: called once everything is up, with the real addresses.
    func run(whenReady: (RunningAddresses) -> Void = { _ in }) throws(Refusal) {
        let board = RecorderBoard()
        do throws(Refusal) {
            whenReady(try start(board))
        } catch {
            // What was opened before something refused is closed again: no socket's file, no unclean run stays behind.
            first.end()
            _ = board.recorder?.finish(deadline: Self.finishLimit)
            throw error
        }
        first.loop.run()
        try end(board.recorder)
    }

    private func start(_ board: RecorderBoard) throws(Refusal) -> RunningAddresses {
        let listening = try Listening.open(settings.routes, on: first.relay, sharesPort: settings.loops > 1)
        try Listening.refuseOwnUpstreams(settings.routes, listening)
        let metrics = try listenForScrapes(board, listening)
        let recorder = try startRecorder(board)
        let numbers = SessionNumbers(first: recorder?.firstSessionID ?? 1)
        first.begin(recorder: recorder, numbers: numbers)
        try listenForSignals()
        try startWorkers(listening, recorder: recorder, numbers: numbers)
        announce(listening, metrics: metrics)
        readiness.set(.ready())
        log.event("ready", [:])
        return RunningAddresses(routes: listening, metrics: metrics)
    }

    /// Begins to end: no new sessions, and the open ones may finish.
    func drain() {
        guard !readiness.isDraining else { return }
        readiness.drain()
        log.event("draining", ["sessions": "\(shared.metrics.reduce(0) { $0 + $1.activeSessions })"])
        for loop in controls { loop.drain() }
        first.loop.schedule(after: settings.drainTimeout) { [self] in abort(.drainTimeout) }
    }

    private func abort(_ reason: CloseReason) {
        for loop in controls { loop.abort(reason) }
    }

    // MARK: - Starting

    private func listenForScrapes(
        _ board: RecorderBoard,
        _ listening: [SocketAddress]
    ) throws(Refusal) -> SocketAddress? {
        guard let endpoint = settings.metrics, let statusBoard = shared.status else { return nil }
        let exposition = Exposition(
            routes: settings.routes.map(\.name),
            loops: shared.metrics,
            build: BuildInfo(version: Version.number, swiftVersion: Version.swift, sqliteVersion: SQLiteVersion.text),
            recorder: { board.figures }
        )
        let status = StatusReport(
            routes: zip(settings.routes, listening).map { route, address in
                StatusRoute(name: route.name, listen: "\(address)", upstream: "\(route.upstream)")
            },
            loops: shared.metrics,
            board: statusBoard,
            marks: StatusMarks(
                low: shared.configuration.lowWaterByteCount,
                high: shared.configuration.highWaterByteCount
            ),
            showsMessages: shared.showsMessages,
            recorder: { board.figures }
        )
        let readiness = readiness
        let site = MetricsSite(exposition: exposition, status: status, version: Version.number) {
            readiness.answer(recorder: board.suspension)
        }
        let listener = MetricsListener(loop: first.loop, site: site)
        return try Listening.listen(on: endpoint, for: "metrics") { (address) throws(SystemError) in
            try listener.listen(on: address)
            return listener.address ?? address
        }
    }

    private func startRecorder(_ board: RecorderBoard) throws(Refusal) -> Recorder? {
        guard let database = settings.database else { return nil }
        if settings.stopsOnCaptureFailure { board.whenSuspended = refusal() }
        let recorder = try RecorderStart.start(settings, database: database, log: log) { board.heed($0) }
        board.recorder = recorder
        return recorder
    }

    /// Refuses traffic on every loop while recording is suspended. Any thread.
    private func refusal() -> @Sendable (Bool) -> Void {
        let readiness = readiness
        let refuse = first.loop.callback(repeats: true) { [unowned self] (isRefusing: Bool) in
            for loop in controls { loop.refuseTraffic(isRefusing) }
        }
        return { isSuspended in
            readiness.stopForCapture(isSuspended)
            refuse(isSuspended)
        }
    }

    private func listenForSignals() throws(Refusal) {
        do {
            _ = try SignalListener(loop: first.loop) { [unowned self] _ in heardEndingSignal() }
        } catch {
            throw Refusal(.unavailable, "cannot start: \(error)")
        }
    }

    private func startWorkers(
        _ listening: [SocketAddress],
        recorder: Recorder?,
        numbers: SessionNumbers
    ) throws(Refusal) {
        let drained = first.loop.callback(repeats: true) { [unowned self] in loopDrained() }
        controls = [first.controls(whenDrained: drained)]
        for index in 1..<max(1, settings.loops) {
            let worker = WorkerLoop(shared, index: index, listening: listening, recorder: recorder, numbers: numbers)
            controls.append(try worker.start(whenDrained: drained))
        }
        undrainedCount = controls.count
    }

    private func announce(_ listening: [SocketAddress], metrics: SocketAddress?) {
        for (route, address) in zip(settings.routes, listening) {
            log.event(
                "relay.listening",
                ["route": route.name, "address": "\(address)", "upstream": "\(route.upstream)"]
            )
            warnIfUnknown(route)
        }
        if let database = settings.database {
            let look = "sqlite3 -readonly \(database) 'SELECT * FROM message_log ORDER BY id DESC LIMIT 20'"
            log.event("capture.recording", ["database": database, "look": look])
        } else {
            log.event("capture.off", [:])
        }
        if let metrics {
            log.event("metrics.listening", ["address": "\(metrics)", "look": "curl http://\(metrics)/metrics"])
        }
    }

    /// An upstream whose name nobody knows is a warning: it may come.
    private func warnIfUnknown(_ route: RelayRoute) {
        guard route.upstream.numericAddress == nil else { return }
        let log = log
        resolver.resolve(route.upstream) { answer in
            if case .failure(let error) = answer {
                log.event(.warning, "upstream.unresolved", ["route": route.name, "error": "\(error)"])
            }
        }
    }

    // MARK: - Ending

    private func heardEndingSignal() {
        endingSignals += 1
        switch endingSignals {
        case 1: drain()
        case 2:
            log.event("ending.now", [:])
            abort(.processEnded)
        default: _exit(130)
        }
    }

    private func loopDrained() {
        undrainedCount -= 1
        if undrainedCount == 0 { first.loop.stop() }
    }

    private func end(_ recorder: Recorder?) throws(Refusal) {
        first.end()
        if let recorder, !recorder.finish(deadline: Self.finishLimit) {
            throw Refusal(
                .inputOutput,
                "not everything heard could be written to \(settings.database ?? "the database") in time; the record "
                    + "says what is missing when it is opened next"
            )
        }
        log.event("stopped", [:])
        JournalWriter.standardError.flush()
    }
}

/// Where the program can be reached.
struct RunningAddresses {
    /// By route.
    let routes: [SocketAddress]
    let metrics: SocketAddress?
}
