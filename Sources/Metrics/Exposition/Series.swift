/// One series of a family: the values of its labels, in the family's order, and where its number comes from.
struct Series: Sendable {
    let labelValues: [String]
    /// Nil where the number cannot be known: the series is then left out.
    let read: @Sendable (Moment) -> Reading?

    init(_ labelValues: [String] = [], read: @escaping @Sendable (Moment) -> Reading?) {
        self.labelValues = labelValues
        self.read = read
    }
}
