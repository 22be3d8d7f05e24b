/// Does one thing after the other on a thread of its own, which is there while there is something to do and a second longer.
///
/// A thread that only waits is not free: where a process has more than one, the kernel counts a reference to each descriptor a
/// system call names, with locked instructions, which was 1 to 2 % of relaying a message.
package final class Errands<Errand: Sendable>: Sendable {
    private struct State {
        var waiting = FIFO<Errand>()
        var hasThread = false
    }

    private let name: String
    private let run: @Sendable (Errand) -> Void
    private let state = Locked(State())
    private let news = Semaphore()

    /// - Parameter name: the thread's.
    package init(named name: String, _ run: @escaping @Sendable (Errand) -> Void) {
        self.name = name
        self.run = run
    }

    /// Adds one behind those that wait. Any thread; waits for nobody, but that a thread may have to be made.
    ///
    /// - Returns: false where there is none for it and the system gives none: then it is not kept.
    package func push(_ errand: Errand) -> Bool {
        state.withLock { state in
            if !state.hasThread {
                // It holds this object, and with it what waits, until it ends.
                guard spawnThread(named: name, { self.work() }) == 0 else { return false }
                state.hasThread = true
            } else if state.waiting.isEmpty {
                news.post()
            }
            state.waiting.push(errand)
            return true
        }
    }

    private func work() {
        while true {
            if let errand = state.withLock({ $0.waiting.pop() }) {
                run(errand)
            } else if !news.wait(atMost: 1), isDismissed() {
                return
            }
        }
    }

    /// Nothing has come: the next errand has a thread made again.
    private func isDismissed() -> Bool {
        state.withLock { state in
            state.hasThread = !state.waiting.isEmpty
            return !state.hasThread
        }
    }
}
