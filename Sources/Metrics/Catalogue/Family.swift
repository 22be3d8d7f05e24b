/// One metric family as the outside world knows it: its name, what it means, and which series it may have.
///
/// A family is declared once, in `Catalogue`; the exposition, the documentation and the dashboards are all checked
/// against that declaration. It holds no numbers.
package struct Family: Equatable, Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram, info }

    /// What one of it is. Families that count things (sessions, messages) have no unit.
    package enum Unit: String, Sendable { case bytes, seconds }

    package let name: String
    package let kind: Kind
    package let unit: Unit?
    package let labels: [Label]
    /// Histograms only: upper bounds, ascending, in small units.
    package let bounds: [Int64]
    /// Histograms only: small units in one unit (1 for bytes, 1_000_000_000 where nanoseconds are shown as seconds).
    package let scale: Int64
    /// One sentence: what it counts, and when.
    package let help: String

    static func counter(_ name: String, _ unit: Unit? = nil, _ labels: [Label] = [], help: String) -> Family {
        Family(name: name, kind: .counter, unit: unit, labels: labels, bounds: [], scale: 1, help: help)
    }

    static func gauge(_ name: String, _ unit: Unit? = nil, _ labels: [Label] = [], help: String) -> Family {
        Family(name: name, kind: .gauge, unit: unit, labels: labels, bounds: [], scale: 1, help: help)
    }

    /// Always 1: what it says is in its labels.
    static func info(_ name: String, _ labels: [Label], help: String) -> Family {
        Family(name: name, kind: .info, unit: nil, labels: labels, bounds: [], scale: 1, help: help)
    }

    static func histogram(
        _ name: String,
        _ unit: Unit,
        _ labels: [Label] = [],
        bounds: [Int64],
        scale: Int64,
        help: String
    ) -> Family {
        Family(name: name, kind: .histogram, unit: unit, labels: labels, bounds: bounds, scale: scale, help: help)
    }

    /// The names its samples appear under: three for a histogram, its own otherwise.
    package var sampleNames: [String] {
        kind == .histogram ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
    }
}
