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
