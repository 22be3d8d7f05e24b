/// What one series says at one moment.
///
/// Numbers are whole numbers of a small unit, so nothing is rounded on the way and no floating point is formatted.
enum Reading: Equatable, Sendable {
    case number(Int64)
    /// A number of small units, so many of which make one base unit: nanoseconds shown as seconds.
    case fraction(Int64, per: Int64)
    case infinite
    /// How many observations fell into each bucket of the family, not cumulative, and their sum in small units.
    ///
    /// With one message for each bucket that has one, where the histogram keeps them.
    case distribution(counts: [Int64], sum: Int64, exemplars: [Exemplar?] = [])
}
