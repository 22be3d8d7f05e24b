import Synchronization
import Traffic

/// Whether messages are recorded just now: one word that every loop reads and whoever notices a failure writes.
///
/// The writer suspends for what SQLite tells it; a loop suspends when the writer says nothing for too long. Only the
/// writer resumes.
final class RecordingState: Sendable {
    enum State: Equatable, Sendable {
        case recording
        /// The number tells one suspension from the next.
        case suspended(GapReason, number: UInt64)
    }

    /// Number of the latest suspension, then in the low byte its reason, or 0 when it is over.
    private let word = Atomic<UInt64>(0)
    /// Monotonic nanoseconds.
    private let suspendedAt = Atomic<Int64>(0)

    @inline(__always)
    var current: State { Self.state(of: word.load(ordering: .acquiring)) }

    /// The same as others are told it.
    var reading: RecorderReadings.State {
        switch current {
        case .recording: .recording
        case .suspended(let reason, _): .suspended(reason)
        }
    }

    var isRecording: Bool { word.load(ordering: .acquiring) & 0xff == 0 }

    /// Monotonic nanoseconds at which the latest suspension began.
    var latestSuspension: Int64 { suspendedAt.load(ordering: .relaxed) }

    /// True if that is news. Suspending for another reason is a new suspension.
    func suspend(_ reason: GapReason, at now: Int64) -> Bool {
        var old = word.load(ordering: .acquiring)
        while true {
            let code = old & 0xff
            // A stall says least: it does not replace a reason that is known.
            if code == UInt64(reason.rawValue) || (code != 0 && reason == .stalled) { return false }
            let new = (((old >> 8) + 1) << 8) | UInt64(reason.rawValue)
            let (exchanged, found) = word.compareExchange(
                expected: old,
                desired: new,
                ordering: .acquiringAndReleasing
            )
            if exchanged {
                if code == 0 { suspendedAt.store(now, ordering: .relaxed) }
                return true
            }
            old = found
        }
    }

    /// The reason of the suspension that is over now, or nil if there was none. The writer only.
    func resume() -> GapReason? {
        var old = word.load(ordering: .acquiring)
        while true {
            guard case .suspended(let reason, _) = Self.state(of: old) else { return nil }
            let (exchanged, found) = word.compareExchange(
                expected: old,
                desired: old & ~0xff,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return reason }
            old = found
        }
    }

    private static func state(of word: UInt64) -> State {
        // Mostly there is none, which costs one look: this is asked for every message.
        let code = UInt8(truncatingIfNeeded: word)
        guard code != 0, let reason = GapReason(rawValue: code) else { return .recording }
        return .suspended(reason, number: word >> 8)
    }
}
