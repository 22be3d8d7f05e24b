import Synchronization

/// A number that one thread writes and others may read: a counter or a gauge.
///
/// Relaxed loads and stores, never a locked instruction: adding costs what a plain integer costs.
package final class Tally: Sendable {
    private let value = Atomic<Int64>(0)

    package init() {}

    /// Any thread.
    package var current: Int64 { value.load(ordering: .relaxed) }

    /// The writing thread only.
    @inline(__always)
    package func add(_ amount: Int64) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// The writing thread only.
    package func set(_ amount: Int64) {
        value.store(amount, ordering: .relaxed)
    }
}
