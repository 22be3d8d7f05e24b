import Traffic

/// Where a session stands, and what each event means there.
///
/// Each event is one function that changes the state and returns what is to be done; the session does it. Ends travel
/// truthfully: the end of a stream becomes the end of the other, a reset becomes a reset, after what came before it.
struct SessionState: ~Copyable {
    /// What the session is to do about an event.
    enum Action: Equatable {
        case nothing
        /// Both channels may be read.
        case startRelaying
        /// Once all is sent to this side, end the stream towards it.
        case endStream(towards: Side)
        /// This side takes nothing more: throw away what waits for it, and read it to its end.
        case discardOutput(to: Side)
        /// The other side is gone. Once all is sent to this one, reset it and close.
        case resetWhenSent(Side)
        /// Close both sides orderly.
        case close(CloseReason)
        /// Close both sides with a reset: something that was promised is not delivered.
        case abort(CloseReason)

        /// Ends the session now or soon: not to be done in the middle of a channel's event.
        var isClosing: Bool {
            switch self {
            case .resetWhenSent, .close, .abort: true
            case .nothing, .startRelaying, .endStream, .discardOutput: false
            }
        }
    }

    private enum Phase {
        case connecting
        case relaying
        /// One side was reset, which is why the session will close; the other still gets what came before.
        case deliveringReset(CloseReason)
        case closed
    }

    /// How far one side's two streams are.
    private struct SideState {
        /// The stream from it has ended.
        var hasEnded = false
        /// The stream towards it was ended by us.
        var isShut = false
        /// It takes no more bytes.
        var isDeaf = false
    }

    private var phase = Phase.connecting
    private var client = SideState()
    private var upstream = SideState()
    /// The side whose stream ended first.
    private var firstEnded: Side?

    var isConnecting: Bool { if case .connecting = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Is one of the streams over, or about to be?
    var isHalfClosed: Bool {
        switch phase {
        case .connecting, .closed: false
        case .relaying: firstEnded != nil || client.isDeaf || upstream.isDeaf
        case .deliveringReset: true
        }
    }

    /// May this side be read, as far as endings are concerned?
    func mayRead(_ side: Side) -> Bool {
        switch phase {
        case .relaying: !self[side].hasEnded && !self[side.other].isDeaf
        case .connecting, .deliveringReset, .closed: false
        }
    }

    /// Would the end of the stream from this side end the other's?
    func forwardsEnd(of side: Side) -> Bool { mayRead(side) && !self[side].isDeaf }

    // MARK: - Events

    mutating func connected() -> Action {
        switch phase {
        case .connecting:
            phase = .relaying
            return .startRelaying
        case .relaying, .deliveringReset, .closed:
            return .nothing
        }
    }

    mutating func connectFailed(_ reason: CloseReason) -> Action {
        switch phase {
        case .connecting:
            phase = .closed
            return .abort(reason)
        case .relaying, .deliveringReset, .closed:
            return .nothing
        }
    }

    /// The stream from a side ended.
    mutating func endOfStream(from side: Side) -> Action {
        switch phase {
        case .relaying:
            guard !self[side].hasEnded else { return .nothing }
            let isForwarded = forwardsEnd(of: side)
            self[side].hasEnded = true
            if firstEnded == nil { firstEnded = side }
            if isForwarded { return .endStream(towards: side.other) }
            // Who does not listen and has nothing more to say is gone: to the other side that is a reset.
            return reset(by: self[side].isDeaf ? side : side.other)
        case .connecting, .deliveringReset, .closed:
            return .nothing
        }
    }

    /// The stream towards a side was ended by us, after everything for it.
    mutating func streamEnded(towards side: Side) -> Action {
        switch phase {
        case .relaying:
            self[side].isShut = true
            guard self[side.other].isShut else { return .nothing }
            phase = .closed
            return .close(firstEnded == .client ? .clientClosed : .upstreamClosed)
        case .connecting, .deliveringReset, .closed:
            return .nothing
        }
    }

    /// A side did not take bytes any more: it is gone, or will say so when it is read to its end.
    mutating func sendFailed(to side: Side) -> Action {
        switch phase {
        case .relaying:
            guard !self[side].isDeaf else { return .nothing }
            self[side].isDeaf = true
            if self[side].hasEnded { return reset(by: side) }
            guard self[side.other].isDeaf else { return .discardOutput(to: side) }
            // Nobody is left to deliver to.
            phase = .closed
            return .abort(Self.resetReason(side.other))
        case .deliveringReset(let reason):
            phase = .closed
            return .abort(reason)
        case .connecting, .closed:
            return .nothing
        }
    }

    /// A side was reset.
    mutating func reset(by side: Side) -> Action {
        switch phase {
        case .connecting:
            phase = .closed
            return .abort(Self.resetReason(side))
        case .relaying:
            phase = .deliveringReset(Self.resetReason(side))
            return .resetWhenSent(side.other)
        case .deliveringReset, .closed:
            return .nothing
        }
    }

    /// What was received before a reset is delivered.
    mutating func resetDelivered() -> Action {
        switch phase {
        case .deliveringReset(let reason):
            phase = .closed
            return .abort(reason)
        case .connecting, .relaying, .closed:
            return .nothing
        }
    }

    /// A timeout, the end of the program, or a failure of our own.
    mutating func abort(_ reason: CloseReason) -> Action {
        switch phase {
        case .connecting, .relaying, .deliveringReset:
            phase = .closed
            return .abort(reason)
        case .closed:
            return .nothing
        }
    }

    private static func resetReason(_ side: Side) -> CloseReason {
        switch side {
        case .client: .clientReset
        case .upstream: .upstreamReset
        }
    }

    private subscript(side: Side) -> SideState {
        get {
            switch side {
            case .client: client
            case .upstream: upstream
            }
        }
        set {
            switch side {
            case .client: client = newValue
            case .upstream: upstream = newValue
            }
        }
    }
}
