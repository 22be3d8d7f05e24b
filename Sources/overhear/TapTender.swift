import AsyncChat
import Capture

/// Tends a recorder's tap after every turn of its loop, and has the loop make a turn when the tap wants one.
final class TapTender {
    let tap: RecorderTap
    private let loop: EventLoop
    private var timer: TimerID?
    private var dueAt: LoopInstant?

    init(_ recorder: Recorder, loop: EventLoop) {
        self.loop = loop
        // That the callback runs makes a turn, and the end of a turn is when the tap is tended.
        tap = recorder.makeTap(wake: loop.callback(repeats: true) {})
        loop.atTurnEnd { [unowned self] in tend() }
    }

    private func tend() {
        guard let next = tap.tend(now: loop.now.nanoseconds) else { return }
        let due = LoopInstant(nanoseconds: next)
        if let dueAt, dueAt <= due { return }
        if let timer { loop.cancel(timer) }
        dueAt = due
        timer = loop.schedule(after: due - loop.now) { [unowned self] in
            dueAt = nil
            timer = nil
        }
    }
}
