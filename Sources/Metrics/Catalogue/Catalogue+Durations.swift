/// How long things take, and what stands in the way: the families around the plain counts of `Catalogue+Traffic.swift`.
extension Catalogue {
    static let sessionsRejected = Family.counter(
        "overhear_sessions_rejected_total",
        nil,
        [.route, .rejection],
        help: "Clients turned away on arrival, by why; each is also opened and closed as a session."
    )
    static let sessionDuration = Family.histogram(
        "overhear_session_duration_seconds",
        .seconds,
        [.route],
        bounds: sessionDurationBounds,
        scale: 1_000_000_000,
        help: "How long sessions lasted, from accepting the client to their end."
    )
    static let connectAttempts = Family.counter(
        "overhear_connect_attempts_total",
        nil,
        [.route],
        help: "Connections tried to addresses of the upstream; a session tries one address after another."
    )
    static let connectDuration = Family.histogram(
        "overhear_connect_duration_seconds",
        .seconds,
        [.route],
        bounds: connectDurationBounds,
        scale: 1_000_000_000,
        help: "How long a client waited for its upstream connection, looking the name up included."
    )
    static let turnaround = Family.histogram(
        "overhear_turnaround_seconds",
        .seconds,
        [.route],
        bounds: waitBounds,
        scale: 1_000_000_000,
        help: "Time from the last message of a client to the first byte the server says after it."
    )
    static let residence = Family.histogram(
        "overhear_residence_seconds",
        .seconds,
        [.route, .direction],
        bounds: waitBounds,
        scale: 1_000_000_000,
        help: "How long what one read brought stayed here until the kernel had all of it; 0 where it took it at once."
    )
    static let fifoHighWater = Family.gauge(
        "overhear_fifo_high_water_bytes",
        .bytes,
        [.route, .side],
        help: "The most bytes that ever waited in one outgoing FIFO since the start; refreshed once a second."
    )
    static let channelsPaused = Family.gauge(
        "overhear_channels_paused",
        nil,
        [.route, .side],
        help: "Live channels whose reading is held up by a full FIFO or a full recorder; refreshed once a second."
    )
    static let loopBusy = Family.counter(
        "overhear_loop_busy_seconds_total",
        .seconds,
        help: "Time the event loops were at work, not waiting; divided by the number of loops, their utilisation."
    )
    static let loopLag = Family.histogram(
        "overhear_loop_lag_seconds",
        .seconds,
        bounds: lagBounds,
        scale: 1_000_000_000,
        help: "How long a turn of an event loop took: what became ready meanwhile waited at most so long."
    )
    static let loopCount = Family.gauge(
        "overhear_loops",
        help: "Event loops running."
    )

    private static let microsecond: Int64 = 1000
    private static let millisecond: Int64 = 1_000_000
    private static let second: Int64 = 1_000_000_000

    /// Nanoseconds: 0.1 ms to 10 s.
    package static let waitBounds: [Int64] =
        [100, 250, 500].map { $0 * microsecond }
        + [1, 2, 5, 10, 25, 50, 100, 250, 500].map { $0 * millisecond } + [1, 2, 5, 10].map { $0 * second }
    /// Nanoseconds: 0.5 ms to 10 s.
    package static let connectDurationBounds: [Int64] =
        [500 * microsecond] + [1, 2, 5, 10, 25, 50, 100, 250, 500].map { $0 * millisecond }
        + [1, 2, 5, 10].map { $0 * second }
    /// Nanoseconds: 10 ms to a day.
    package static let sessionDurationBounds: [Int64] =
        [10, 100].map { $0 * millisecond } + [1, 5, 15, 60, 300, 900, 3600, 14400, 86400].map { $0 * second }
    /// Nanoseconds: 0.1 ms to 2 s.
    package static let lagBounds: [Int64] =
        [100, 250, 500].map { $0 * microsecond } + [1, 2, 5, 10, 25, 50, 100, 250, 500].map { $0 * millisecond }
        + [second, 2 * second]
}
