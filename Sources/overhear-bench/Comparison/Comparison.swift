import Glibc

/// Every system under every load, round by round, one system after the other within a round: A B C A B C …
///
/// Each measurement has a process and a database of its own, so nothing carries over, and what else the machine does
/// meets all systems alike. A recorded round counts only if the record holds what was sent.
struct Comparison {
    let systems: [System]
    let loads: [Load]
    let rounds: Int
    let seconds: Double
    /// Called with each measurement as it is made.
    var progress: (Measurement) -> Void = { _ in }

    func run() throws -> [Measurement] {
        var measurements: [Measurement] = []
        for load in loads {
            for round in 1...rounds {
                for system in systems where !(load.isScraped && !system.hasMetrics) {
                    let measurement = try measure(system, load, round)
                    progress(measurement)
                    measurements.append(measurement)
                }
            }
        }
        return measurements
    }

    private func measure(_ system: System, _ load: Load, _ round: Int) throws -> Measurement {
        let server = try ServerProcess(for: load)
        let running = try system.start(upstream: server.port)
        var readings: [ProcessorReading] = []
        let watch = Watch(
            warmUp: Nanoseconds(seconds: 0.2),
            duration: Nanoseconds(seconds: seconds),
            mark: { if let reading = running.processorReading { readings.append(reading) } }
        )
        let outcome: Outcome
        do {
            outcome = try load.run(on: running.place.port, watch, highestRate: { 80_000 })
        } catch {
            throw Trouble("\(system.name) under \(load.name), round \(round): \(error)")
        }
        guard outcome.lostBytes == 0 else {
            throw Trouble("\(system.name) under \(load.name), round \(round): lost \(outcome.lostBytes) bytes")
        }
        do {
            try running.finish(after: outcome, goesBack: load.goesBack)
        } catch {
            throw Trouble("\(system.name) under \(load.name), round \(round): \(error)")
        }
        let processor = readings.count == 2 ? readings[1].since(readings[0]) : nil
        func microseconds(_ fraction: Double) -> Double? {
            outcome.latencies.map { Double($0.percentile(fraction)) / 1000 }
        }
        return Measurement(
            load: load.name,
            system: system.name,
            round: round,
            seconds: outcome.seconds,
            messages: outcome.messages,
            bytes: outcome.bytes,
            lostBytes: outcome.lostBytes,
            userSeconds: processor?.user,
            systemSeconds: processor?.system,
            generatorSeconds: outcome.generatorSeconds,
            p50: microseconds(0.5),
            p99: microseconds(0.99),
            p999: microseconds(0.999)
        )
    }
}
