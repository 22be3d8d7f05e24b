import Capture
import Glibc
import Logging
import Relay

/// Starts the recorder, puts its refusals into exit statuses and its events into the log.
enum RecorderStart {
    static func start(
        _ settings: Settings,
        database: String,
        log: Logger,
        notify: @escaping @Sendable (RecorderEvent) -> Void
    ) throws(Refusal) -> Recorder {
        let run = RunDescription(
            version: Version.number,
            processID: getpid(),
            host: hostName(),
            configuration: settings.json
        )
        var configuration = CaptureConfiguration(
            databasePath: database,
            routes: settings.routes.map(\.name),
            run: run
        )
        configuration.depths = settings.routes.map(\.capture)
        configuration.bufferByteCount = settings.captureBufferByteCount
        configuration.whenBehind = settings.whenBehind
        configuration.durability = settings.durability
        configuration.retention = settings.retention
        configuration.minFreeByteCount = settings.minFreeByteCount
        do {
            return try Recorder.start(configuration) { event in
                speak(of: event, log)
                notify(event)
            }
        } catch {
            throw Refusal(ExitStatus(of: error), "cannot record: \(error)")
        }
    }

    private static func speak(of event: RecorderEvent, _ log: Logger) {
        switch event {
        case .opened(let schemaVersion, let migrations, let run):
            let applied = migrations.isEmpty ? "none" : migrations.joined(separator: ",")
            log.event("capture.opened", ["schema": "\(schemaVersion)", "migrations": applied, "run": "\(run)"])
        case .uncleanRunFound(let run, let sessions):
            log.event(.warning, "capture.unclean", ["run": "\(run)", "sessions_closed": "\(sessions)"])
        case .suspended(let reason, let detail):
            log.event(.error, "capture.suspended", ["reason": reason.name, "detail": detail])
        case .resumed(let reason, let duration):
            log.event("capture.resumed", ["reason": reason.name, "after": "\(duration)"])
        case .gapRecorded(let gap):
            log.event(
                .warning,
                "capture.gap",
                [
                    "reason": gap.reason.name, "messages": gap.messages.map { "\($0)" } ?? "unknown",
                    "bytes": gap.bytes.map { "\($0)" } ?? "unknown",
                ]
            )
        case .rowsRefused(let detail):
            log.event(.error, "capture.refused", ["detail": detail])
        case .pruningFailed(let detail):
            log.event(.warning, "capture.pruning", ["detail": detail])
        case .checkpointFailed(let detail):
            log.event(.warning, "capture.checkpoint", ["detail": detail])
        }
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
