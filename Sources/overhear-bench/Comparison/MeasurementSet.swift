/// All rounds of one load: figures of a system, and ratios between systems taken round by round.
struct MeasurementSet {
    private let measurements: [Measurement]
    private let rounds: Int

    /// - Parameter measurements: of any loads; those of this one are taken.
    init(of load: String, from measurements: [Measurement]) {
        self.measurements = measurements.filter { $0.load == load }
        rounds = self.measurements.map(\.round).max() ?? 0
    }

    /// Systems in the order in which they were measured.
    var systems: [String] {
        measurements.reduce(into: []) { names, next in
            if !names.contains(next.system) { names.append(next.system) }
        }
    }

    func has(_ system: String) -> Bool { measurements.contains { $0.system == system } }

    func spread(_ system: String, _ value: (Measurement) -> Double?) -> Spread? {
        let values = byRound(system, value).compactMap { $0 }
        return values.isEmpty ? nil : Spread(values)
    }

    /// A figure over another system's of the same round.
    func ratio(_ system: String, over other: String, _ value: (Measurement) -> Double?) -> Spread? {
        Spread(ratios: byRound(system, value), over: byRound(other, value))
    }

    /// The same over the better of several systems, where more is better: the one that it does worst against, all rounds
    /// together. The best of each round would be another each time, the luckiest.
    func ratio(_ system: String, overBetterOf others: [String], _ value: (Measurement) -> Double?) -> Spread? {
        others.compactMap { ratio(system, over: $0, value) }.min { $0.median < $1.median }
    }

    /// Microseconds for each message, all rounds together: the split between user and kernel is too coarse for one alone.
    func microsecondsPerMessage(_ system: String, _ seconds: (Measurement) -> Double?) -> Double? {
        let mine = measurements.filter { $0.system == system && seconds($0) != nil }
        let messages = mine.reduce(0) { $0 + $1.messages }
        return messages == 0 ? nil : mine.reduce(0) { $0 + (seconds($1) ?? 0) } / Double(messages) * 1e6
    }

    /// One system's processor time for a message over another's.
    func processorRatio(_ system: String, over other: String, _ seconds: (Measurement) -> Double?) -> Double? {
        guard let mine = microsecondsPerMessage(system, seconds), let theirs = microsecondsPerMessage(other, seconds)
        else { return nil }
        return theirs > 0 ? mine / theirs : nil
    }

    private func byRound(_ system: String, _ value: (Measurement) -> Double?) -> [Double?] {
        (0..<rounds).map { round in
            measurements.first { $0.system == system && $0.round == round + 1 }.flatMap(value)
        }
    }
}
