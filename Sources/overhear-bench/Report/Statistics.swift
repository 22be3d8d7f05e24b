/// The middle of several figures, and how far they lie apart.
struct Spread: Codable, Equatable {
    let median: Double
    let least: Double
    let most: Double

    /// - Parameter values: at least one.
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "nothing has no median")
        let sorted = values.sorted()
        let half = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
        least = sorted[0]
        most = sorted[sorted.count - 1]
    }

    /// Of the quotients of figures taken side by side: what moves both in a round moves no quotient.
    ///
    /// Rounds that lack either figure are left out; nil if none is left.
    init?(ratios values: [Double?], over others: [Double?]) {
        let ratios = zip(values, others).compactMap { value, other -> Double? in
            guard let value, let other, other > 0 else { return nil }
            return value / other
        }
        guard !ratios.isEmpty else { return nil }
        self.init(ratios)
    }
}
