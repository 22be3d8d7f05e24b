import Traffic

/// A route as the status page names it.
package struct StatusRoute: Equatable, Sendable {
    package var name: String
    package var listen: String
    package var upstream: String

    package init(name: String, listen: String, upstream: String) {
        self.name = name
        self.listen = listen
        self.upstream = upstream
    }
}

/// Bytes waiting in a FIFO: above the high mark its other side is not read, until the low mark is reached.
package struct StatusMarks: Equatable, Sendable {
    package var low: Int
    package var high: Int

    package init(low: Int, high: Int) {
        self.low = low
        self.high = high
    }
}

/// What `/status.json` says, made anew for each answer from the counters and from what the loops hung out last.
package final class StatusReport {
    private let routes: [StatusRoute]
    private let loops: [LoopMetrics]
    private let board: StatusBoard
    private let marks: StatusMarks
    private let showsMessages: Bool
    private let madeAt = ContinuousClock.now
    private let recorder: @Sendable () -> RecorderFigures?

    package init(
        routes: [StatusRoute],
        loops: [LoopMetrics],
        board: StatusBoard,
        marks: StatusMarks,
        showsMessages: Bool,
        recorder: @escaping @Sendable () -> RecorderFigures?
    ) {
        self.routes = routes
        self.loops = loops
        self.board = board
        self.marks = marks
        self.showsMessages = showsMessages
        self.recorder = recorder
    }

    /// A block for each part.
    func render(version: String, readiness: Readiness) -> [[UInt8]] {
        let views = board.look()
        let head = JSONText.object([
            "version": "1", "overhear": JSONText.string(version), "ready": "\(readiness.isReady)",
            "says": JSONText.string(readiness.sentence), "shows_messages": "\(showsMessages)",
            "age_ms": "\(ageMilliseconds)",
            "marks": JSONText.object(["low": "\(marks.low)", "high": "\(marks.high)"]),
            "session_count": "\(views.reduce(0) { $0 + $1.sessions.count })",
        ])
        let parts = [
            "\"routes\":" + JSONText.array(routes.indices.map(route)),
            "\"loops\":" + JSONText.array(loops.map(loop)),
            "\"recorder\":" + recorderText(recorder() ?? RecorderFigures()),
            "\"sessions\":" + JSONText.array(views.flatMap(\.sessions.busiest).map(session)),
            "\"messages\":" + JSONText.array(showsMessages ? views.flatMap(\.messages).map(message) : []),
        ]
        return [Array(head.dropLast().utf8)] + parts.map { Array(("," + $0).utf8) } + [Array("}\n".utf8)]
    }

    /// What rates are to be taken over: the browser's clock knows nothing of when this was read.
    private var ageMilliseconds: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - madeAt).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    private func route(_ index: Int) -> String {
        func sum(_ read: (LoopMetrics) -> Int64) -> String { "\(loops.reduce(0) { $0 + read($1) })" }
        func both(_ read: (LoopMetrics, Direction) -> Int64) -> String {
            JSONText.array(Direction.allCases.map { direction in sum { read($0, direction) } })
        }
        return JSONText.object([
            "name": JSONText.string(routes[index].name), "listen": JSONText.string(routes[index].listen),
            "upstream": JSONText.string(routes[index].upstream),
            "active": sum { $0.sessionsActive[index].current }, "opened": sum { $0.sessionsOpened[index].current },
            "received_bytes": both { $0.receivedBytes[index, $1].current },
            "messages": both { $0.messageSizes[index, $1].snapshot().counts.reduce(0, +) },
            "connect_errors": sum { loop in
                CloseReason.connectFailures.reduce(0) { $0 + loop.connectErrors[index, $1].current }
            },
        ])
    }

    private func loop(_ loop: LoopMetrics) -> String {
        JSONText.object(["busy_ns": "\(loop.lag.snapshot().sum)"])
    }

    private func recorderText(_ figures: RecorderFigures) -> String {
        JSONText.object([
            "state": JSONText.string(figures.state.rawValue), "queue_bytes": "\(figures.queueBytes)",
            "queue_limit_bytes": "\(figures.queueLimitBytes)", "lag_ns": "\(figures.lagNanoseconds)",
            "messages": "\(figures.rows[.messages] ?? 0)",
            "unrecorded": "\(figures.unrecorded.values.reduce(0) { $0 + $1.messages })",
            "database_bytes": "\(figures.fileBytes[.main] ?? 0)", "wal_bytes": "\(figures.fileBytes[.wal] ?? 0)",
            "limit_bytes": "\(figures.limitBytes)", "oldest_ms": "\(figures.oldestMessage / 1_000_000)",
        ])
    }

    private func session(_ session: LiveSession) -> String {
        JSONText.object([
            "id": "\(session.session)", "route": JSONText.string(routes[session.route].name),
            "client": JSONText.string(session.clientAddress), "upstream": JSONText.string(session.upstreamAddress),
            "opened_ms": "\(session.openedAt.nanosecondsSince1970 / 1_000_000)",
            "bytes": "[\(session.tally.bytes.upstream),\(session.tally.bytes.downstream)]",
            "messages": "[\(session.tally.messages.upstream),\(session.tally.messages.downstream)]",
            "channels": JSONText.array([session.client, session.upstream].map(channel)),
        ])
    }

    /// The client's side first.
    private func channel(_ state: ChannelState) -> String {
        JSONText.object([
            "input_bytes": "\(state.inputBytes)", "fifo_items": "\(state.fifoItems)",
            "fifo_bytes": "\(state.fifoBytes)", "high_water_bytes": "\(state.fifoHighWaterBytes)",
            "paused": "\(state.isPaused)",
        ])
    }

    private func message(_ message: StatusMessage) -> String {
        JSONText.object([
            "session": "\(message.session)", "route": JSONText.string(routes[message.route].name),
            "direction": JSONText.string(message.direction.name), "sequence": "\(message.sequence)",
            "at_ms": "\(message.at / 1_000_000)", "byte_count": "\(message.byteCount)",
            "preview": JSONText.string(JSONText.preview(message.beginning)),
        ])
    }
}
