import AsyncChat
import Capture
import Logging
import Metrics
import Relay
import Traffic

/// What all loops of the program share.
struct SharedParts: Sendable {
    let configuration: RelayConfiguration
    let log: Logger
    /// One for each loop.
    let metrics: [LoopMetrics]
    /// Nil where nobody can ask.
    let status: StatusBoard?
    let showsMessages: Bool
}

/// One loop with everything that lives on it: its relay, and who listens to that relay.
///
/// Made, run and released on the loop's own thread.
final class LoopAssembly {
    let loop: EventLoop
    let relay: RelayLoop
    private let shared: SharedParts
    private let index: Int
    private var tender: TapTender?

    init(_ shared: SharedParts, index: Int) throws(SystemError) {
        self.shared = shared
        self.index = index
        loop = try EventLoop()
        relay = RelayLoop(loop: loop, configuration: shared.configuration)
        let log = shared.log
        loop.reportError = { channel, error in
            log.event(.warning, "channel.failed", ["channel": "\(channel)", "error": "\(error)"])
        }
    }

    /// Lets the relay begin: from here on sessions are told of.
    func begin(recorder: Recorder?, numbers: SessionNumbers) {
        let metrics = shared.metrics[index]
        var observers: [any TrafficObserver] = [metrics]
        if let recorder {
            let tender = TapTender(recorder, loop: loop)
            self.tender = tender
            observers.append(tender.tap)
        }
        if let board = shared.status {
            let window = StatusWindow(
                board: board,
                loop: index,
                showsMessages: shared.showsMessages,
                sessions: { [unowned relay] in relay.liveSessions(atMost: $0) }
            )
            observers.append(window)
            loop.atTurnEnd { [unowned loop] in window.turned(at: loop.now.nanoseconds) }
        }
        observers.append(JournalObserver(log: shared.log, routes: shared.configuration.routes.map(\.name)))
        relay.begin(telling: observers, numbering: numbers)
        loop.atTurnEnd { [unowned loop] in metrics.turned(nanoseconds: loop.nanosecondsInTurn) }
    }

    /// What other threads may ask of this loop.
    func controls(whenDrained: @escaping @Sendable () -> Void) -> LoopControls {
        let relay = relay
        return LoopControls(
            drain: loop.callback { relay.drain(then: whenDrained) },
            abort: loop.callback(repeats: true) { relay.abortAll($0) },
            refuseTraffic: loop.callback(repeats: true) { relay.refuseTraffic($0) }
        )
    }

    /// The loop is over: hands over what it heard last, and closes what is open.
    func end() {
        tender?.tap.flush()
        loop.closeAll()
    }
}

/// What other threads may ask of a loop; each is done on the loop's thread, soon.
struct LoopControls: Sendable {
    let drain: @Sendable () -> Void
    let abort: @Sendable (CloseReason) -> Void
    let refuseTraffic: @Sendable (Bool) -> Void
}
