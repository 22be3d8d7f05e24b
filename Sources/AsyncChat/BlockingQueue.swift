import Glibc

/// A queue that one thread waits on and others fill.
package final class BlockingQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements = FIFO<Element>()
        var isClosed = false
    }

    private let state = Locked(State())
    private let waiting = Semaphore()

    package init() {}

    package func push(_ element: Element) {
        state.withLock { $0.elements.push(element) }
        waiting.post()
    }

    /// The oldest element, waiting for one; nil once the queue is closed and empty.
    package func pop() -> Element? {
        while true {
            waiting.wait()
            let (element, isClosed) = state.withLock { ($0.elements.pop(), $0.isClosed) }
            if let element { return element }
            if isClosed { return nil }
        }
    }

    /// No more comes: `pop` gives what is left, then nil.
    package func close() {
        state.withLock { $0.isClosed = true }
        waiting.post()
    }
}

/// A counting semaphore (sem_overview(7)).
private final class Semaphore: @unchecked Sendable {
    // Proof: `semaphore` is set once in init and only given to sem_post and sem_wait, which any threads may call at once.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0 {}
    }
}
