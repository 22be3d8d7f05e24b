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

/// Counts observations by upper bound; one thread observes, others may read.
///
/// Bounds and the sum are whole numbers of a small unit (bytes, nanoseconds); `scale` units make one base unit.
package final class Histogram: Sendable {
    /// Upper bounds, inclusive, ascending, in small units; above the last comes "everything".
    package let bounds: [Int64]
    /// Small units in one base unit: 1 for bytes, 1_000_000_000 for nanoseconds shown as seconds.
    package let scale: Int64
    private let counts: [Tally]
    private let total = Tally()

    package init(bounds: [Int64], scale: Int64) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "a histogram's bounds must ascend")
        self.bounds = bounds
        self.scale = scale
        counts = (0...bounds.count).map { _ in Tally() }
    }

    /// The observing thread only.
    package func observe(_ amount: Int64) {
        var bucket = 0
        while bucket < bounds.count, amount > bounds[bucket] { bucket += 1 }
        counts[bucket].add(1)
        total.add(amount)
    }

    /// For how long the recorder's commits take, in nanoseconds: 0.5 ms to 2.5 s.
    package static let commitDurationBounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000,
    ]

    /// How many observations fell into each bucket (not cumulative, the unbounded one last), and their sum in small
    /// units. Any thread; buckets read a moment apart may differ by the observations made meanwhile.
    package func snapshot() -> (counts: [Int64], sum: Int64) {
        (counts.map(\.current), total.current)
    }
}
