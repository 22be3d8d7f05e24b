/// Several systems under one load, round by round, one system after the other within a round, in an order that is another
/// in each.
///
/// Each measurement has processes and a database of its own and begins when those of the one before are gone, and what else
/// the machine does meets all systems alike. A round counts only if nothing was lost and the record holds what was sent; a
/// system that fails once is not asked again under this load.
struct Comparison {
    let load: Load
    let systems: [System]
    let rounds: Int
    let seconds: Double
    let cores: Cores
    let highestRate: HighestRate
    /// By rounds, and within one as the systems were named, whichever came first.
    private(set) var measurements: [Measurement] = []
    private(set) var failures: [Failure] = []

    /// What a system did that it must not.
    struct Failure: Codable {
        let load: String
        let system: String
        let round: Int
        let reason: String
    }

    init(
        _ load: Load,
        _ systems: [System],
        rounds: Int,
        seconds: Double,
        cores: Cores,
        highestRate: HighestRate
    ) {
        self.load = load
        self.systems = systems
        self.rounds = rounds
        self.seconds = seconds
        self.cores = cores
        self.highestRate = highestRate
    }

    mutating func run() throws {
        if case .openLoop(.ofHAProxy) = load.shape { _ = try highestRate.value() }
        let turns = Turns(systems: systems.count)
        for round in 1...rounds {
            var made: [Measurement?] = systems.map { _ in nil }
            for index in turns.order(inRound: round) { made[index] = measure(systems[index], round) }
            measurements += made.compactMap(\.self)
        }
        Terminal.progress("")
    }

    private mutating func measure(_ system: System, _ round: Int) -> Measurement? {
        guard !failures.contains(where: { $0.system == system.name }) else { return nil }
        Terminal.progress("\(load.name), round \(round) of \(rounds): \(system.name)")
        do {
            let outcome = try Trial(system, load, seconds, cores, highestRate).run()
            return Measurement(load.name, system.name, round, outcome.outcome, outcome.processor)
        } catch {
            failures.append(Failure(load: load.name, system: system.name, round: round, reason: "\(error)"))
            return nil
        }
    }
}
