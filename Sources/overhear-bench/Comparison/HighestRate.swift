/// Messages a second of HAProxy in the closed loop, measured when first asked for: what steady loads are a part of.
///
/// Where there is no HAProxy, the floor's.
final class HighestRate {
    private let system: System?
    private let seconds: Double
    private let cores: Cores
    private(set) var known: Double?

    init(from catalogue: SystemCatalogue, seconds: Double, cores: Cores) {
        let candidates = ["haproxy", "floor"].compactMap(catalogue.system)
        system = candidates.first { $0.missing == nil }
        self.seconds = seconds
        self.cores = cores
    }

    func value() throws -> Double {
        if let known { return known }
        guard let system else { throw Trouble("there is nothing to set a rate by") }
        Terminal.progress("the highest rate of \(system.name)")
        let rates = try (0..<3).map { _ in
            let outcome = try Trial(system, .reference, seconds, cores, self).run().outcome
            return Double(outcome.messages) / outcome.seconds
        }
        let rate = Spread(rates).median
        known = rate
        return rate
    }
}
