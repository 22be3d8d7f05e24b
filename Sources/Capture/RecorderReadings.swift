package import Traffic

/// The recorder's numbers at one moment, for metrics and the status page.
package struct RecorderReadings: Sendable {
    package enum State: Equatable, Sendable {
        case recording
        case suspended(GapReason)
    }

    /// Rows since the start, by table.
    package struct Rows: Equatable, Sendable {
        package var sessions: Int64 = 0
        package var messages: Int64 = 0
        package var channelSamples: Int64 = 0
        package var gaps: Int64 = 0
    }

    /// Messages heard and not recorded, since the start.
    package struct Unrecorded: Equatable, Sendable {
        package var messages: Int64 = 0
        package var bytes: Int64 = 0
    }

    package var state: State
    /// Heard but not committed.
    package var queuedMessages: Int
    package var queuedBytes: Int
    package var bufferByteCount: Int
    /// Age of the oldest of these.
    package var lag: Duration
    package var rows: Rows
    package var unrecorded: [GapReason: Unrecorded]
    /// Rows deleted since the start because they were old, by table.
    package var pruned: Rows
    package var oldestMessage: Timestamp?
    /// Whole transactions, in nanoseconds.
    package var commitDurations: Histogram
    package var lastCommit: Timestamp?
    package var databaseBytes: Int64
    /// Of these hold nothing, and will be used again.
    package var freeBytes: Int64
    /// Nil where there is none.
    package var databaseLimit: Int64?
    package var walBytes: Int64
    /// On the database's disk; nil where the system does not say.
    package var availableBytes: Int64?
    /// What stays free there.
    package var reserveBytes: Int64
    /// Everything in the write-ahead log was moved into the file.
    package var checkpointsComplete: Int64
    /// A reader or an error left something in it.
    package var checkpointsIncomplete: Int64
}
