import Traffic

/// What the recorder does with what was heard.
extension Catalogue {
    static let recorder = [
        recorderState, recorderQueueMessages, recorderQueueBytes, recorderQueueLimit, recorderLag, recorderRows,
        unrecordedMessages, unrecordedBytes, prunedRows, commitDuration, checkpoints, incompleteCheckpoints,
        databaseBytes,
        databaseFreeBytes, databaseLimit, availableBytes, reserveBytes, oldestMessage,
    ]
    static let recorderState = Family.gauge(
        "overhear_recorder_state",
        nil,
        [.recorderState],
        help: "1 for the state the recorder is in, 0 for the others."
    )
    static let recorderQueueMessages = Family.gauge(
        "overhear_recorder_queue_messages",
        help: "Messages handed to the recorder and not yet committed."
    )
    static let recorderQueueBytes = Family.gauge(
        "overhear_recorder_queue_bytes",
        .bytes,
        help: "Bytes of batches handed to the recorder and not yet committed."
    )
    static let recorderQueueLimit = Family.gauge(
        "overhear_recorder_queue_limit_bytes",
        .bytes,
        help: "The most bytes the recorder's queue may hold: the capture buffer."
    )
    static let recorderLag = Family.gauge(
        "overhear_recorder_lag_seconds",
        .seconds,
        help: "Age of the oldest message not yet committed: what a kill would lose now."
    )
    static let recorderRows = Family.counter(
        "overhear_recorder_rows_total",
        nil,
        [.table],
        help: "Rows committed to the database, by table."
    )
    static let unrecordedMessages = Family.counter(
        "overhear_recorder_unrecorded_messages_total",
        nil,
        [.lossReason],
        help: "Messages relayed but not recorded, by why; the gaps table says when."
    )
    static let unrecordedBytes = Family.counter(
        "overhear_recorder_unrecorded_bytes_total",
        .bytes,
        [.lossReason],
        help: "Bytes of messages relayed but not recorded, by why."
    )
    static let prunedRows = Family.counter(
        "overhear_recorder_pruned_rows_total",
        nil,
        [.table],
        help: "Rows deleted because they were the oldest and a limit was reached, by table."
    )
    static let commitDuration = Family.histogram(
        "overhear_recorder_commit_duration_seconds",
        .seconds,
        bounds: Histogram.commitDurationBounds,
        scale: 1_000_000_000,
        help: "How long committing one batch took, from BEGIN to the end of COMMIT."
    )
    static let checkpoints = Family.counter(
        "overhear_recorder_checkpoints_total",
        help: "Checkpoints that moved the whole write-ahead log into the database file."
    )
    static let incompleteCheckpoints = Family.counter(
        "overhear_recorder_incomplete_checkpoints_total",
        help: "Checkpoints that left something in the write-ahead log, because of a reader or an error."
    )
    static let databaseBytes = Family.gauge(
        "overhear_database_bytes",
        .bytes,
        [.file],
        help: "Size of the database's files."
    )
    static let databaseFreeBytes = Family.gauge(
        "overhear_database_free_bytes",
        .bytes,
        help: "Bytes of the database file that hold nothing just now and will be used again."
    )
    static let databaseLimit = Family.gauge(
        "overhear_database_limit_bytes",
        .bytes,
        help: "The most bytes the database's files may take together; 0 where there is no limit."
    )
    static let availableBytes = Family.gauge(
        "overhear_database_filesystem_available_bytes",
        .bytes,
        help: "Bytes that may still be used on the database's filesystem."
    )
    static let reserveBytes = Family.gauge(
        "overhear_database_filesystem_reserve_bytes",
        .bytes,
        help: "Bytes that stay free on the database's filesystem: recording is suspended before."
    )
    static let oldestMessage = Family.gauge(
        "overhear_database_oldest_message_timestamp_seconds",
        .seconds,
        help: "When the oldest message in the database was heard, as seconds since 1970; 0 while there is none."
    )
}
