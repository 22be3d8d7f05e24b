import Synchronization

/// Counts observations by upper bound; one thread observes, others may read.
///
/// Bounds and the sum are whole numbers of a small unit (bytes, nanoseconds); `scale` units make one base unit. The counts
/// lie in the histogram itself: finding a bucket is a look into a table and a step or two, counting one plain load and store.
package final class Histogram: Sendable {
    /// The most bounds one may have.
    package static let boundLimit = 20

    /// Upper bounds, inclusive, ascending, in small units; above the last comes "everything".
    package let bounds: [Int64]
    /// Small units in one base unit: 1 for bytes, 1_000_000_000 for nanoseconds shown as seconds.
    package let scale: Int64
    /// By how many binary digits an amount has: the first bucket that such an amount can fall into.
    private let firstBuckets: InlineArray<64, UInt8>
    /// One for each bound, then the unbounded one; the rest stays unused.
    private let counts: InlineArray<21, Atomic<Int64>>
    private let total = Atomic<Int64>(0)

    package init(bounds: [Int64], scale: Int64) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "a histogram's bounds must ascend")
        precondition(bounds.count <= Self.boundLimit, "a histogram has at most \(Self.boundLimit) bounds")
        self.bounds = bounds
        self.scale = scale
        firstBuckets = InlineArray { digits in
            let smallest: Int64 = digits == 0 ? 0 : 1 << (digits - 1)
            return UInt8(bounds.prefix { $0 < smallest }.count)
        }
        counts = InlineArray { _ in Atomic(0) }
    }

    /// The observing thread only.
    ///
    /// - Returns: the bucket it fell into.
    @discardableResult
    package func observe(_ amount: Int64) -> Int {
        let bucket = bucket(of: amount)
        count(1, of: amount, in: bucket)
        return bucket
    }

    /// The same amount so many times. The observing thread only.
    package func observe(_ amount: Int64, times: Int64) {
        count(times, of: amount, in: bucket(of: amount))
    }

    @inline(__always)
    private func count(_ times: Int64, of amount: Int64, in bucket: Int) {
        counts[bucket].store(counts[bucket].load(ordering: .relaxed) &+ times, ordering: .relaxed)
        total.store(total.load(ordering: .relaxed) &+ amount &* times, ordering: .relaxed)
    }

    /// The first bound that is not below the amount: found from its number of digits in a step or two.
    private func bucket(of amount: Int64) -> Int {
        var bucket = Int(firstBuckets[amount > 0 ? Int64.bitWidth - amount.leadingZeroBitCount : 0])
        while bucket < bounds.count, amount > bounds[bucket] { bucket += 1 }
        return bucket
    }

    /// For how long the recorder's commits take, in nanoseconds: 0.5 ms to 2.5 s.
    package static let commitDurationBounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000,
    ]

    /// How many observations fell into each bucket (not cumulative, the unbounded one last), and their sum in small
    /// units. Any thread; buckets read a moment apart may differ by the observations made meanwhile.
    package func snapshot() -> (counts: [Int64], sum: Int64) {
        ((0...bounds.count).map { counts[$0].load(ordering: .relaxed) }, total.load(ordering: .relaxed))
    }
}
