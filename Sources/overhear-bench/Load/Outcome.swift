/// What the generator saw of one load on one system.
struct Outcome {
    /// How long was measured, the warm-up left out.
    var seconds = 0.0
    /// Whole messages that came back (or arrived, or connections that were served) while measured.
    var messages = 0
    /// Bytes of them, each way.
    var bytes = 0
    /// Latency from the moment a message was due until it was back whole; only where a load measures it.
    var latencies: Latencies?
    /// All that was sent from first to last, warm-up and run-out included: what a record has to hold, each way.
    var sentMessages = 0
    var sentBytes = 0
    /// Bytes sent and never back, when all was over.
    var lostBytes = 0
    /// What the generator itself used while measured, in seconds of a core.
    var generatorSeconds = 0.0
}
