/// One family with all its series: a contiguous group of the exposition.
///
/// Every combination of known labels exists from the start, at 0: a series that appears only with its first event hides
/// that event from `rate()`.
struct Section: Sendable {
    let family: Family
    let series: [Series]

    init(_ family: Family, _ series: [Series]) {
        precondition(
            series.allSatisfy { $0.labelValues.count == family.labels.count },
            "a series has a value for every label of its family"
        )
        self.family = family
        self.series = series
    }

    /// A family with one series and no labels.
    init(_ family: Family, read: @escaping @Sendable (Moment) -> Reading?) {
        self.init(family, [Series(read: read)])
    }
}
