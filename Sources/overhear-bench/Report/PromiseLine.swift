/// A promise and what came of it, as text for a table.
struct PromiseLine {
    let what: String
    let bound: String
    let measured: String
    let spread: String
    /// `held`, `missed`, or `not measured`.
    let verdict: String

    init(_ promise: Promise, _ results: Results) {
        let unit = promise.unit.isEmpty ? "" : " " + promise.unit
        func number(_ value: Double) -> String {
            promise.unit == "B" ? Text.decimal(value) : Text.decimal(value, places: 2)
        }
        what = promise.what
        bound =
            switch promise.bound {
            case .atLeast(let value): "≥ \(number(value))\(unit)"
            case .atMost(let value): "≤ \(number(value))\(unit)"
            }
        guard let figure = promise.measured(results) else {
            (measured, spread, verdict) = ("–", "–", "not measured")
            return
        }
        measured = number(figure.median) + unit
        spread = figure.least == figure.most ? "–" : "\(number(figure.least))–\(number(figure.most))"
        verdict = promise.bound.holds(figure.median) ? "held" : "**missed**"
    }
}
