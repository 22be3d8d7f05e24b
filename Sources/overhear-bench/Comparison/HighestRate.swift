/// Messages a second of HAProxy in the closed loop, measured when first asked for: what steady loads are a part of.
final class HighestRate {
    private let haproxy: System?
    private let seconds: Double
    private(set) var known: Double?

    init(of haproxy: System?, seconds: Double) {
        self.haproxy = haproxy
        self.seconds = seconds
    }

    func value() throws -> Double {
        if let known { return known }
        guard let haproxy, haproxy.missing == nil else { throw Trouble("there is no HAProxy to set a rate by") }
        Terminal.progress("HAProxy's highest rate")
        let rates = try (0..<3).map { _ in
            let outcome = try Trial(haproxy, .reference, seconds, self).run().outcome
            return Double(outcome.messages) / outcome.seconds
        }
        let rate = Spread(rates).median
        known = rate
        return rate
    }
}
