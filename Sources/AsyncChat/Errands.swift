import CLinux
import Glibc

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

    /// Adds one behind those that wait. Where the system gives no thread for it, the next one that is added asks again. Any
    /// thread; never blocks.
    package func push(_ errand: Errand) {
        let hasThread = state.withLock { state in
            state.waiting.push(errand)
            defer { state.hasThread = true }
            return state.hasThread
        }
        if hasThread { return news.post() }
        // It holds this object until it ends, and with it what waits.
        if spawnThread(named: name, { self.work() }) != 0 { state.withLock { $0.hasThread = false } }
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

    /// Nothing has come: the next errand asks for a thread again.
    private func isDismissed() -> Bool {
        state.withLock { state in
            state.hasThread = !state.waiting.isEmpty
            return !state.hasThread
        }
    }
}
