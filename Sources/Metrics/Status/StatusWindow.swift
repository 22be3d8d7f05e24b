package import Traffic

/// Looks at one loop for the status page, while somebody looks at that: asks for the live sessions, and keeps a few messages.
///
/// While nobody does, it keeps nothing, and a message costs one look at a variable. Loop thread only; what it shows goes to
/// the board.
package final class StatusWindow: MessageObserver {
    /// Rows shown of one loop: those that moved the most.
    static let sessionLimit = 200
    /// Messages shown of one second and loop, and bytes of each.
    static let messageLimit = 25
    static let previewByteCount = 96

    private let slot: StatusBoard.Slot
    private let showsMessages: Bool
    /// The live sessions that moved the most, so many of them.
    private let sessions: (Int) -> LiveSessions
    private var messages: [StatusMessage] = []
    private var takesMessages = false
    private var lastShown: Int64 = 0

    package init(
        board: StatusBoard,
        loop: Int,
        showsMessages: Bool,
        sessions: @escaping (Int) -> LiveSessions
    ) {
        slot = board.slots[loop]
        self.showsMessages = showsMessages
        self.sessions = sessions
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
        slot.hangOut(StatusView(sessions: sessions(Self.sessionLimit), messages: messages))
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
