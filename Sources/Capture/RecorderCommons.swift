import Traffic

/// What the writer, the loops' taps and the recorder's owner have in common.
final class RecorderCommons: Sendable {
    let configuration: CaptureConfiguration
    let notify: @Sendable (RecorderEvent) -> Void
    let state = RecordingState()
    let handOff: HandOff
    let gauges = WriterGauges()
    private let taps = Monitor<[Tap]>([])

    private struct Tap: Sendable {
        let gauges: TapGauges
        let wake: @Sendable () -> Void
    }

    init(_ configuration: CaptureConfiguration, notify: @escaping @Sendable (RecorderEvent) -> Void) {
        self.configuration = configuration
        self.notify = notify
        handOff = HandOff(highMark: configuration.highMark, lowMark: configuration.lowMark)
    }

    /// Answers the tap's number, from 1.
    func register(_ gauges: TapGauges, wake: @escaping @Sendable () -> Void) -> UInt32 {
        taps.withLock { taps in
            taps.append(Tap(gauges: gauges, wake: wake))
            return UInt32(taps.count)
        }
    }

    var tapGauges: [TapGauges] { taps.withLock { $0.map(\.gauges) } }

    /// Has every loop make a turn: there is room again, or recording stopped or goes on.
    func wakeLoops() {
        for tap in taps.withLock({ $0 }) { tap.wake() }
    }

    /// Recording stops, traffic goes on. Says so once.
    func suspend(_ reason: GapReason, detail: String, at now: Int64) {
        guard state.suspend(reason, at: now) else { return }
        notify(.suspended(reason, detail: detail))
        wakeLoops()
    }

    /// Recording goes on, if it had stopped. The writer only.
    func resume(at now: Int64) {
        guard let reason = state.resume() else { return }
        notify(.resumed(reason, after: .nanoseconds(now - state.latestSuspension)))
        wakeLoops()
    }
}
