package import Traffic

/// Listens on one loop for the status page: keeps a row for each live session, and a few messages while somebody looks.
///
/// While nobody does, a message costs one look at a variable. Loop thread only; what it shows goes to the board.
package final class StatusWindow: MessageObserver {
    /// Rows shown of one loop: those that moved the most.
    static let sessionLimit = 200
    /// Messages shown of one second and loop, and bytes of each.
    static let messageLimit = 25
    static let previewByteCount = 96

    private let slot: StatusBoard.Slot
    private let showsMessages: Bool
    private var sessions: [Int64: StatusSession] = [:]
    private var messages: [StatusMessage] = []
    private var takesMessages = false
    private var lastShown: Int64 = 0

    package init(board: StatusBoard, loop: Int, showsMessages: Bool) {
        slot = board.slots[loop]
        self.showsMessages = showsMessages
    }

    /// To be called after every turn, with a monotonic clock.
    package func turned(at nanoseconds: Int64) {
        guard nanoseconds - lastShown >= 1_000_000_000 else { return }
        lastShown = nanoseconds
        let isWatched = slot.isWatched()
        if isWatched { show() }
        messages.removeAll(keepingCapacity: isWatched)
        takesMessages = isWatched && showsMessages
    }

    private func show() {
        var shown = Array(sessions.values)
        if shown.count > Self.sessionLimit {
            shown.sort { ($0.byteCount, $0.id) > ($1.byteCount, $1.id) }
            shown.removeSubrange(Self.sessionLimit...)
        }
        slot.hangOut(StatusView(sessions: shown, sessionCount: sessions.count, messages: messages))
    }

    package func sessionOpened(_ opening: SessionOpening) {
        let id = opening.session.rawValue
        sessions[id] = StatusSession(
            id: id,
            route: opening.route,
            client: opening.clientAddress,
            openedAt: opening.at.nanosecondsSince1970
        )
    }

    package func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        sessions[session.rawValue]?.upstream = upstreamAddress
    }

    package func sampled(
        _ session: SessionID,
        tally: SessionTally,
        client: ChannelSample,
        upstream: ChannelSample
    ) {
        guard var row = sessions[session.rawValue] else { return }
        row.tally = tally
        row.clientState = client.state
        row.upstreamState = upstream.state
        sessions[session.rawValue] = row
    }

    package func sessionClosed(_ closing: SessionClosing) {
        sessions[closing.session.rawValue] = nil
    }

    package func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        guard takesMessages, messages.count < Self.messageLimit else { return }
        let beginning = payload.extracting(first: Self.previewByteCount)
        messages.append(
            StatusMessage(
                session: header.session.rawValue,
                route: header.route,
                direction: header.direction,
                sequence: header.sequence,
                at: header.at.nanosecondsSince1970,
                byteCount: header.byteCount,
                // Safe: the span is alive for the call, and its bytes are copied before the call ends.
                beginning: unsafe beginning.withUnsafeBytes { unsafe Array($0) }
            )
        )
    }
}
