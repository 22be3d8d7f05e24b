/// Names a scheduled action, so that it can be cancelled.
public struct TimerID: Hashable, Sendable {
    let number: UInt64
}

/// Actions waiting for their time, the earliest first: a binary heap with lazy removal.
///
/// A cancelled timer's entry stays in the heap until its time comes or cancelled ones are the majority; its action goes
/// at once.
struct TimerQueue {
    private struct Entry {
        let deadline: LoopInstant
        let number: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var lastNumber: UInt64

    /// An empty queue, whose timers are numbered from the one after this.
    init(after last: TimerID = TimerID(number: 0)) {
        lastNumber = last.number
    }

    /// The timer scheduled last.
    var newest: TimerID { TimerID(number: lastNumber) }

    mutating func schedule(at deadline: LoopInstant, _ action: @escaping () -> Void) -> TimerID {
        lastNumber += 1
        actions[lastNumber] = action
        heap.append(Entry(deadline: deadline, number: lastNumber))
        siftUp(from: heap.count - 1)
        return TimerID(number: lastNumber)
    }

    /// Forgets a timer, and gives its action back to be let go of.
    mutating func cancel(_ timer: TimerID) -> (() -> Void)? {
        let action = actions.removeValue(forKey: timer.number)
        if heap.count > 2 * actions.count + 64 { removeCancelled() }
        return action
    }

    /// When the next action is due, nil if none waits.
    mutating func nextDeadline() -> LoopInstant? {
        while let first = heap.first, actions[first.number] == nil { removeFirst() }
        return heap.first?.deadline
    }

    /// Takes out one action that is due and was scheduled no later than `newest`, the earliest first.
    mutating func popDue(at now: LoopInstant, upTo newest: TimerID) -> (() -> Void)? {
        guard let deadline = nextDeadline(), deadline <= now, heap[0].number <= newest.number else { return nil }
        return actions.removeValue(forKey: removeFirst().number)
    }

    // MARK: - The heap; ties go to the older timer.

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].deadline, heap[left].number) < (heap[right].deadline, heap[right].number)
    }

    /// Rebuilds the heap without the entries of cancelled timers. A sorted array is a heap.
    private mutating func removeCancelled() {
        heap.removeAll { actions[$0.number] == nil }
        heap.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    @discardableResult
    private mutating func removeFirst() -> Entry {
        heap.swapAt(0, heap.count - 1)
        let removed = heap.removeLast()
        var parent = 0
        while true {
            var least = 2 * parent + 1
            guard least < heap.count else { break }
            if least + 1 < heap.count, precedes(least + 1, least) { least += 1 }
            guard precedes(least, parent) else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return removed
    }
}
