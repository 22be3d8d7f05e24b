/// What passes through the relay.
extension Catalogue {
    static let sessions = [
        sessionsActive, sessionsTotal, sessionsRejected, sessionsClosed, sessionDuration, connectAttempts,
        connectErrors, connectDuration, acceptPauses,
    ]
    static let sessionsActive = Family.gauge(
        "overhear_sessions_active",
        nil,
        [.route],
        help: "Sessions open now: clients accepted and not yet closed."
    )
    static let sessionsTotal = Family.counter(
        "overhear_sessions_total",
        nil,
        [.route],
        help: "Sessions opened: clients accepted."
    )
    static let sessionsClosed = Family.counter(
        "overhear_sessions_closed_total",
        nil,
        [.route, .closeReason],
        help: "Sessions closed, by why they ended."
    )
    static let connectErrors = Family.counter(
        "overhear_connect_errors_total",
        nil,
        [.route, .connectFailure],
        help: "Sessions whose upstream could not be reached, by why."
    )
    static let acceptPauses = Family.counter(
        "overhear_accept_pauses_total",
        nil,
        [.route, .acceptPause],
        help: "Times accepting paused, by why: at the bound for sessions, or out of descriptors or memory."
    )

    static let traffic = [
        receivedBytes, sentBytes, messages, messageSize, framingsLost, turnaround, residence, readingPaused,
        readingPauses,
    ]
    static let receivedBytes = Family.counter(
        "overhear_received_bytes_total",
        .bytes,
        [.route, .direction],
        help: "Bytes read from the peer a direction comes from, counted as they arrive."
    )
    static let sentBytes = Family.counter(
        "overhear_sent_bytes_total",
        .bytes,
        [.route, .direction],
        help: "Bytes the kernel took for the peer a direction goes to, counted as they leave."
    )
    static let messages = Family.counter(
        "overhear_messages_total",
        nil,
        [.route, .direction],
        help: "Messages heard, recorded or not."
    )
    static let messageSize = Family.histogram(
        "overhear_message_size_bytes",
        .bytes,
        [.route, .direction],
        bounds: messageSizeBounds,
        scale: 1,
        help: "True lengths of the messages heard, their terminators included."
    )
    static let framingsLost = Family.counter(
        "overhear_framings_lost_total",
        nil,
        [.route, .direction],
        help: "Times a framing met a length that cannot be, and recorded the rest of its session's direction as chunks."
    )
    static let readingPaused = Family.counter(
        "overhear_reading_paused_seconds_total",
        .seconds,
        [.route, .direction],
        help: "Time reading was held up by a full FIFO or a full recorder, counted every second it lasts."
    )
    static let readingPauses = Family.counter(
        "overhear_reading_pauses_total",
        nil,
        [.route, .direction],
        help: "Times reading was held up by a full FIFO or a full recorder, counted when they begin."
    )

    /// Bytes: ×4 from 16 B to 16 MiB.
    package static let messageSizeBounds: [Int64] = (0...10).map { 16 << (2 * $0) }

    static let channels = [
        fifoItems, fifoItemsMax, fifoBytes, fifoBytesMax, fifoHighWater, inputBuffer, channelsPaused,
    ]
    static let fifoItems = Family.gauge(
        "overhear_fifo_items",
        nil,
        [.route, .side],
        help: "Producers waiting in the outgoing FIFOs of live channels, summed; refreshed once a second."
    )
    static let fifoItemsMax = Family.gauge(
        "overhear_fifo_items_max",
        nil,
        [.route, .side],
        help: "Producers waiting in the longest outgoing FIFO of a live channel; refreshed once a second."
    )
    static let fifoBytes = Family.gauge(
        "overhear_fifo_bytes",
        .bytes,
        [.route, .side],
        help: "Bytes waiting in the outgoing FIFOs of live channels, summed; refreshed once a second."
    )
    static let fifoBytesMax = Family.gauge(
        "overhear_fifo_bytes_max",
        .bytes,
        [.route, .side],
        help: "Bytes waiting in the fullest outgoing FIFO of a live channel; refreshed once a second."
    )
    static let inputBuffer = Family.gauge(
        "overhear_input_buffer_bytes",
        .bytes,
        [.route, .side],
        help: "Bytes heard from live channels that do not make a whole message yet, summed; refreshed once a second."
    )
}
