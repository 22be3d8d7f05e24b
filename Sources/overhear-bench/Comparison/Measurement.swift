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
    let p99: Double?
    let p999: Double?

    var messagesPerSecond: Double { Double(messages) / seconds }
    var processorSeconds: Double? {
        guard let userSeconds, let systemSeconds else { return nil }
        return userSeconds + systemSeconds
    }

    /// The figure a load is told in.
    func value(of figure: Load.Figure) -> Double? {
        switch figure {
        case .messagesPerSecond, .connectionsPerSecond: messagesPerSecond
        case .megabytesPerSecond: Double(bytes) / seconds / 1e6
        case .p99: p99
        }
    }
}
