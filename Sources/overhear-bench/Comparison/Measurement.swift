/// One round of one load on one system, as it is kept.
struct Measurement: Codable {
    let load: String
    let system: String
    let round: Int
    let seconds: Double
    let messages: Int
    let bytes: Int
    let lostBytes: Int
    /// Processor seconds of the relay; nil for none.
    let userSeconds: Double?
    let systemSeconds: Double?
    let generatorSeconds: Double
    /// Microseconds; nil where the load measures no latency.
    let p50: Double?
    let p95: Double?
    let p99: Double?
    let p999: Double?

    init(_ load: String, _ system: String, _ round: Int, _ outcome: Outcome, _ processor: ProcessorTime?) {
        func microseconds(_ fraction: Double) -> Double? {
            outcome.latencies.map { Double($0.percentile(fraction)) / 1000 }
        }
        self.load = load
        self.system = system
        self.round = round
        seconds = outcome.seconds
        messages = outcome.messages
        bytes = outcome.bytes
        lostBytes = outcome.lostBytes
        userSeconds = processor?.user
        systemSeconds = processor?.system
        generatorSeconds = outcome.generatorSeconds
        p50 = microseconds(0.5)
        p95 = microseconds(0.95)
        p99 = microseconds(0.99)
        p999 = microseconds(0.999)
    }

    var messagesPerSecond: Double { Double(messages) / seconds }
    var processorSeconds: Double? {
        guard let userSeconds, let systemSeconds else { return nil }
        return userSeconds + systemSeconds
    }

    /// The figure a load is told in.
    func value(of figure: Load.Figure) -> Double? {
        switch figure {
        case .roundTrips, .connections, .requests: messagesPerSecond
        case .megabytes: Double(bytes) / seconds / 1e6
        case .p99: p99
        }
    }
}
