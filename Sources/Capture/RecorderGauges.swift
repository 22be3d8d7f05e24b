import Traffic

/// What the writer counts; anybody may read.
final class WriterGauges: Sendable {
    let pruned = PruneGauges()
    /// Bytes of the file that hold nothing.
    let freeBytes = Tally()
    /// Nanoseconds since 1970, 0 while there is no message.
    let oldestMessage = Tally()
    let sessions = Tally()
    let messages = Tally()
    let channelSamples = Tally()
    let gaps = Tally()
    let checkpointsComplete = Tally()
    let checkpointsIncomplete = Tally()
    /// Nanoseconds since 1970, 0 before the first.
    let lastCommit = Tally()
    /// What SQLite refused.
    let refused = LossGauge()
    let commitDurations = Histogram(bounds: Histogram.commitDurationBounds, scale: 1_000_000_000)
}

/// Rows that were deleted because they were old.
final class PruneGauges: Sendable {
    let sessions = Tally()
    let messages = Tally()
    let channelSamples = Tally()
    let gaps = Tally()

    func add(_ pruned: Pruner.Pruned) {
        sessions.add(pruned.sessions)
        messages.add(pruned.messages)
        channelSamples.add(pruned.samples)
        gaps.add(pruned.gaps)
    }
}

/// What one loop counts; anybody may read.
final class TapGauges: Sendable {
    /// Monotonic nanoseconds since when something is in the open batch, 0 while it is empty.
    let openSince = Tally()
    private let losses = GapReason.allCases.map { _ in LossGauge() }

    /// By what the loop was told when it could not record.
    func loss(_ reason: GapReason) -> LossGauge { losses[Int(reason.rawValue) - 1] }
}

/// Messages and bytes that are not in the record.
final class LossGauge: Sendable {
    let messages = Tally()
    let bytes = Tally()

    func add(messages: Int64, bytes: Int64) {
        self.messages.add(messages)
        self.bytes.add(bytes)
    }
}
