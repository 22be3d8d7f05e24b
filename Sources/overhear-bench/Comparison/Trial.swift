/// One system under one load, once.
struct Trial {
    private let system: System
    private let load: Load
    private let seconds: Double
    private let cores: Cores
    private let highestRate: HighestRate

    init(_ system: System, _ load: Load, _ seconds: Double, _ cores: Cores, _ highestRate: HighestRate) {
        self.system = system
        self.load = load
        self.seconds = seconds
        self.cores = cores
        self.highestRate = highestRate
    }

    /// - Returns: what the generator saw, and what the relay used meanwhile; throws if anything was lost or not recorded.
    func run() throws -> (outcome: Outcome, processor: ProcessorTime?) {
        // Where there is no relay, the server has its place.
        let server = try ServerProcess(for: load, cores: system.program == nil ? cores.relay : cores.server)
        let running = try system.start(upstream: server.port, content: load.content, cores)
        var readings: [ProcessorReading] = []
        let watch = Watch(
            // A trial that only shows that all runs need not warm up either.
            warmUp: Nanoseconds(seconds: load.warmUp * min(1, seconds)),
            duration: Nanoseconds(seconds: seconds * load.lengths),
            mark: { if let reading = running.processorReading { readings.append(reading) } }
        )
        let outcome = try load.run(on: running.place.port, watch, highestRate: highestRate.value)
        guard outcome.lostBytes == 0 else { throw Trouble("lost \(outcome.lostBytes) bytes") }
        try running.finish(after: outcome)
        return (outcome, readings.count == 2 ? readings[1].since(readings[0]) : nil)
    }
}
