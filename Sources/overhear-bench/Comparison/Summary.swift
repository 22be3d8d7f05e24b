/// What the rounds of one load say of one system.
struct Summary {
    let system: String
    let figure: Spread
    /// Against the floor and against HAProxy, round by round.
    let overFloor: Spread?
    let overHAProxy: Spread?
    /// Microseconds of processor time for each message, all rounds together; nil without a relay.
    let user: Double?
    let kernel: Double?
    /// The sum of both, against HAProxy's, and the user's part alone.
    let processorOverHAProxy: Double?
    let userOverHAProxy: Double?
    let p50: Spread?
    let p99: Spread?
    let p999: Spread?
    let generatorShare: Double

    /// - Parameter measurements: of all systems and rounds under this load.
    static func all(of load: Load, from measurements: [Measurement]) -> [Summary] {
        let mine = measurements.filter { $0.load == load.name }
        var names: [String] = []
        for measurement in mine where !names.contains(measurement.system) { names.append(measurement.system) }
        return names.map { Summary($0, load.figure, mine) }
    }

    private init(_ name: String, _ figure: Load.Figure, _ all: [Measurement]) {
        let rounds = all.map(\.round).max() ?? 0
        func byRound(_ system: String, _ value: (Measurement) -> Double?) -> [Double?] {
            (1...max(1, rounds)).map { round in all.first { $0.system == system && $0.round == round }.flatMap(value) }
        }
        func spread(_ value: (Measurement) -> Double?) -> Spread? {
            let values = byRound(name, value).compactMap { $0 }
            return values.isEmpty ? nil : Spread(values)
        }
        func perMessage(_ system: String, _ value: (Measurement) -> Double?) -> Double? {
            let mine = all.filter { $0.system == system && value($0) != nil }
            let messages = mine.reduce(0) { $0 + $1.messages }
            return messages == 0 ? nil : mine.reduce(0) { $0 + (value($1) ?? 0) } / Double(messages) * 1e6
        }
        func over(_ other: String, _ value: (Measurement) -> Double?) -> Double? {
            guard let mine = perMessage(name, value), let theirs = perMessage(other, value), theirs > 0 else {
                return nil
            }
            return mine / theirs
        }
        let values = byRound(name) { $0.value(of: figure) }
        system = name
        self.figure = spread { $0.value(of: figure) } ?? Spread([0])
        overFloor = Spread(ratios: values, over: byRound("floor") { $0.value(of: figure) })
        overHAProxy = Spread(ratios: values, over: byRound("haproxy") { $0.value(of: figure) })
        user = perMessage(name, \.userSeconds)
        kernel = perMessage(name, \.systemSeconds)
        processorOverHAProxy = over("haproxy", \.processorSeconds)
        userOverHAProxy = over("haproxy", \.userSeconds)
        p50 = spread(\.p50)
        p99 = spread(\.p99)
        p999 = spread(\.p999)
        generatorShare = Spread(all.filter { $0.system == name }.map { $0.generatorSeconds / $0.seconds }).median
    }
}
