import AsyncChat
import Capture
import Metrics
import Traffic

/// Brings the recorder's numbers to those who show them, and its troubles to those who must act.
final class RecorderBoard: Sendable {
    private struct State {
        var recorder: Recorder?
        var whenSuspended: (@Sendable (Bool) -> Void)?
    }

    private let state = Locked(State())

    /// Nil until it is started, and where nothing is recorded.
    var recorder: Recorder? {
        get { state.withLock { $0.recorder } }
        set { state.withLock { $0.recorder = newValue } }
    }

    /// Called when recording is suspended (true) and when it goes on (false), on whichever thread noticed.
    var whenSuspended: (@Sendable (Bool) -> Void)? {
        get { state.withLock { $0.whenSuspended } }
        set { state.withLock { $0.whenSuspended = newValue } }
    }

    func heed(_ event: RecorderEvent) {
        switch event {
        case .suspended: whenSuspended?(true)
        case .resumed: whenSuspended?(false)
        default: break
        }
    }

    /// Why nothing is recorded just now, if so.
    var suspension: String? {
        guard case .suspended(let reason)? = recorder?.state else { return nil }
        return reason.name
    }

    /// The recorder's numbers as the metrics want them.
    var figures: RecorderFigures? {
        recorder.map { RecorderFigures($0.readings()) }
    }
}

extension RecorderFigures {
    fileprivate init(_ readings: RecorderReadings) {
        self.init()
        state = readings.state == .recording ? .recording : .suspended
        queueMessages = Int64(readings.queuedMessages)
        queueBytes = Int64(readings.queuedBytes)
        queueLimitBytes = Int64(readings.bufferByteCount)
        lagNanoseconds = readings.lag.wholeNanoseconds
        rows = Self.byTable(readings.rows)
        pruned = Self.byTable(readings.pruned)
        for (reason, lost) in readings.unrecorded {
            guard let loss = Loss(reason) else { continue }
            unrecorded[loss] = Unrecorded(messages: lost.messages, bytes: lost.bytes)
        }
        commitDurations = readings.commitDurations
        checkpoints = readings.checkpointsComplete
        incompleteCheckpoints = readings.checkpointsIncomplete
        fileBytes = [.main: readings.databaseBytes, .wal: readings.walBytes]
        freeBytes = readings.freeBytes
        availableBytes = readings.availableBytes ?? 0
        reserveBytes = readings.reserveBytes
        limitBytes = readings.databaseLimit ?? 0
        oldestMessage = readings.oldestMessage?.nanosecondsSince1970 ?? 0
    }

    private static func byTable(_ rows: RecorderReadings.Rows) -> [Table: Int64] {
        [
            .messages: rows.messages, .sessions: rows.sessions, .channelSamples: rows.channelSamples,
            .gaps: rows.gaps,
        ]
    }
}

extension RecorderFigures.Loss {
    /// Nil for a loss that nobody could count.
    fileprivate init?(_ reason: GapReason) {
        switch reason {
        case .behind: self = .behind
        case .stalled: self = .stalled
        case .diskFull: self = .diskFull
        case .ioError: self = .ioError
        case .corrupt: self = .corrupt
        case .fileReplaced: self = .fileReplaced
        case .walLimit: self = .walLimit
        case .lowSpace: self = .lowSpace
        case .error: self = .error
        case .unclean: return nil
        }
    }
}
