import Synchronization
import Traffic

/// Gives every session of the program its number, whichever loop accepts it.
package final class SessionNumbers: Sendable {
    private let nextNumber: Atomic<Int64>

    /// - Parameter first: one more than the last number a capture file knows.
    package init(first: Int64 = 1) {
        nextNumber = Atomic(first)
    }

    /// The next number. Any thread.
    func next() -> SessionID {
        SessionID(rawValue: nextNumber.add(1, ordering: .relaxed).oldValue)
    }
}
