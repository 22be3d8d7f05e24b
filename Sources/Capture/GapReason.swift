package import Traffic

/// Why something that was heard is not in the record. The names are those of `gaps.reason`, the log and the metrics.
package enum GapReason: UInt8, CaseIterable, Sendable {
    /// The buffer was full, and the recorder was told to drop rather than to hold traffic up.
    case behind = 1
    /// The writer got nothing done for too long: a hung disk, or somebody else's write transaction.
    case stalled
    case diskFull
    case ioError
    case corrupt
    /// The database file was moved away, deleted or replaced while it was open.
    case fileReplaced
    /// A reader kept the write-ahead log from being emptied until it had all the room there is for it.
    case walLimit
    /// Less was left on the disk than is to stay free.
    case lowSpace
    /// SQLite refused the rows themselves.
    case error
    /// The run before ended without saying so.
    case unclean

    package var name: String { String(describing: self) }
}

/// One row of `gaps`.
package struct Gap: Equatable, Sendable {
    package var reason: GapReason
    /// When the first message that is missing was heard.
    package var from: Timestamp
    /// When the last one was.
    package var to: Timestamp
    /// Nil where nobody could count them.
    package var messages: Int64?
    package var bytes: Int64?
}
