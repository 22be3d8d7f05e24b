/// What the generator saw of one load on one system.
struct Outcome {
    /// What went one way, from first to last: what a record has to hold.
    struct Traffic {
        var messages = 0
        var bytes = 0
    }

    /// How long was measured, the warm-up left out.
    var seconds = 0.0
    /// Whole messages that came back (or left, or connections that were served) while measured.
    var messages = 0
    /// Bytes of them, each way.
    var bytes = 0
    /// Latency from the moment a message was due until it was back whole; only where a load measures it.
    var latencies: Latencies?
    /// All that was sent, warm-up and run-out included, and all that was answered.
    var sent = Traffic()
    var answered = Traffic()
    /// Somebody else's client counts its requests, and so the messages it sent: bytes and answers it does not tell.
    var tellsOnlyMessagesSent = false
    /// Bytes sent and never back (or never arrived) when all was over.
    var lostBytes = 0
    /// What the generator itself used while measured, in seconds of a core.
    var generatorSeconds = 0.0
}
