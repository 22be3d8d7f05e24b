package import Traffic

/// The recorder's numbers at one moment, as plain values the program hands over.
///
/// Metrics does not know the recorder; the program reads its numbers whenever a scrape asks.
package struct RecorderFigures: Sendable {
    package enum State: String, CaseIterable, Sendable { case off, recording, suspended }

    package enum Table: String, CaseIterable, Sendable {
        case messages, sessions
        case channelSamples = "channel_samples"
        case gaps
    }

    /// Why messages were relayed but not recorded.
    package enum Loss: String, CaseIterable, Sendable {
        /// The queue was full and the relay was told to go on.
        case behind
        /// A batch did not come back in time.
        case stalled
        case diskFull
        case ioError
        case corrupt
        /// The database file was replaced or removed.
        case fileReplaced
        /// A reader held the write-ahead log, and it reached its limit.
        case walLimit
        /// Too little was left on the disk.
        case lowSpace
        /// The database refused the rows themselves.
        case error
    }

    package enum File: String, CaseIterable, Sendable { case main, wal }

    package struct Unrecorded: Sendable {
        package var messages: Int64
        package var bytes: Int64

        package init(messages: Int64, bytes: Int64) {
            self.messages = messages
            self.bytes = bytes
        }
    }

    package var state = State.off
    package var queueMessages: Int64 = 0
    package var queueBytes: Int64 = 0
    package var queueLimitBytes: Int64 = 0
    package var lagNanoseconds: Int64 = 0
    /// Rows committed since the process started.
    package var rows: [Table: Int64] = [:]
    /// Rows deleted as old since the process started.
    package var pruned: [Table: Int64] = [:]
    /// Since the process started.
    package var unrecorded: [Loss: Unrecorded] = [:]
    /// One observation per commit, in nanoseconds, with the bounds of `Histogram.commitDurationBounds`.
    package var commitDurations: Histogram?
    package var checkpoints: Int64 = 0
    package var incompleteCheckpoints: Int64 = 0
    package var fileBytes: [File: Int64] = [:]
    package var freeBytes: Int64 = 0
    package var availableBytes: Int64 = 0
    package var reserveBytes: Int64 = 0
    /// 0 where there is none.
    package var limitBytes: Int64 = 0
    /// Nanoseconds since 1970, 0 while there is no message.
    package var oldestMessage: Int64 = 0

    /// A recorder that is off.
    package init() {}
}

extension RecorderFigures.State: LabelValue {}
extension RecorderFigures.Table: LabelValue {}
extension RecorderFigures.Loss: LabelValue {}
extension RecorderFigures.File: LabelValue {}
