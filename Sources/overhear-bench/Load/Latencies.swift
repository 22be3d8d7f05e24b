/// Counts durations in buckets of which none is wider than a 64th of what it holds.
///
/// Linear up to 128 ns, then 64 buckets for each doubling: a percentile is off by 1.6 % at most, and noting one is an
/// increment.
struct Latencies {
    private static let steps = 64
    private var counts = [UInt64](repeating: 0, count: steps * 60)
    private(set) var count = 0

    mutating func note(_ latency: Nanoseconds) {
        counts[Self.bucket(of: latency)] += 1
        count += 1
    }

    /// The least bound that at least so much of all latencies lie within; 0 if there are none.
    ///
    /// - Parameter fraction: 0.99 for the 99th percentile.
    func percentile(_ fraction: Double) -> Nanoseconds {
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((fraction * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, held) in counts.enumerated() where held > 0 {
            seen += held
            if seen >= rank { return Self.upperBound(of: bucket) }
        }
        return 0
    }

    private static func bucket(of latency: Nanoseconds) -> Int {
        let value = max(0, latency)
        guard value >= 2 * steps else { return value < 0 ? 0 : Int(value) }
        let doublings = 63 - value.leadingZeroBitCount - 6
        return doublings * steps + Int(value >> Nanoseconds(doublings))
    }

    private static func upperBound(of bucket: Int) -> Nanoseconds {
        guard bucket >= 2 * steps else { return Nanoseconds(bucket) }
        let doublings = bucket / steps - 1
        let step = Nanoseconds(bucket - doublings * steps)
        return (step + 1) << Nanoseconds(doublings) - 1
    }
}
