/// What the recorder has to say to the operator. Told on the thread that noticed: the writer's or a loop's.
package enum RecorderEvent: Sendable {
    /// The file is open and this run has its row.
    case opened(schemaVersion: Int64, migrationsApplied: [String], run: Int64)
    /// A run before this one ended without saying so; its open sessions were closed as `processEnded`.
    case uncleanRunFound(run: Int64, sessionsClosed: Int)
    /// Nothing is recorded from now on; traffic goes on.
    case suspended(GapReason, detail: String)
    /// Recording works again. What was missed follows, as `gapRecorded`, when every loop has told its part.
    case resumed(GapReason, after: Duration)
    /// A gap was written or has grown: its numbers so far.
    case gapRecorded(Gap)
    /// SQLite refused rows; what they held is counted as a gap.
    case rowsRefused(detail: String)
    /// What is old could not be deleted just now; it will be tried again.
    case pruningFailed(detail: String)
    /// A checkpoint could not be made just now; it will be tried again.
    case checkpointFailed(detail: String)
}
