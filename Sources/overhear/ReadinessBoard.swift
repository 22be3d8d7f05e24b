import AsyncChat
import Metrics

/// What `/-/ready` answers: the program writes it as it starts, drains and fails; scrapes read it.
final class ReadinessBoard: Sendable {
    private struct State {
        var phase = Readiness.notReady("starting: not everything listens yet")
        var isDraining = false
        var isStopped = false
    }

    private let state = Locked(State())

    func set(_ readiness: Readiness) {
        state.withLock { $0.phase = readiness }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    func drain() {
        state.withLock { $0.isDraining = true }
    }

    /// Recording failed, and traffic is refused for it; or it works again.
    func stopForCapture(_ isStopped: Bool) {
        state.withLock { $0.isStopped = isStopped }
    }

    /// - Parameter recorder: why nothing is recorded just now, if so.
    func answer(recorder suspension: String?) -> Readiness {
        let state = state.withLock { $0 }
        if state.isDraining { return .notReady("draining: no new sessions, the open ones may finish") }
        if state.isStopped {
            return .notReady("traffic is refused: recording is suspended (\(suspension ?? "failed"))")
        }
        if let suspension, state.phase.isReady {
            return .ready("ready, but recording is suspended (\(suspension)): traffic passes and is counted as missed")
        }
        return state.phase
    }
}
