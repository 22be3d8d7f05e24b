import AsyncChat
import Traffic

/// One accepted client connection with the upstream connection made for it.
///
/// Turns what its two channels meet into events of `SessionState`, and does what that answers. Nothing is closed in the
/// middle of a channel's event: what was read is heard to its end first.
final class Session {
    let id: SessionID
    let relay: RelayLoop
    // They hold it, and it them from `begin` to `release`; nil otherwise.
    private var clientEnd: RelayChannel?
    private var upstreamEnd: RelayChannel?
    private let openedAt: LoopInstant
    private let openedAtRealTime: Timestamp
    private var lastActivity: LoopInstant
    /// While addresses of the upstream are being tried.
    private var attempts: Attempts?
    private let routeNumber: UInt32
    private var placeNumber: UInt32 = 0
    private var state = SessionState()
    /// What `auto` took.
    private var recognised: NamedProtocol?
    private var deferred = SessionState.Action.nothing
    /// The kernel asks whether its peers are still there.
    private var isKeptAlive = false
    /// Number of the sweep that saw it last; 0 for none.
    var latestSweep: UInt8 = 0
    /// Something happened since the last sample.
    private var isChanged = true

    private final class Attempts {
        /// Addresses of the upstream still to be tried.
        var untried: ArraySlice<SocketAddress>
        /// Has the next of them tried although the present one has not failed; nil while there is no other.
        var timer: TimerID?

        init(_ addresses: [SocketAddress]) { untried = addresses[...] }
    }

    init(id: SessionID, route: Int, relay: RelayLoop) {
        self.id = id
        self.relay = relay
        routeNumber = UInt32(route)
        openedAt = relay.loop.now
        openedAtRealTime = relay.realTime
        lastActivity = openedAt
    }

    var route: Int { Int(routeNumber) }

    var isOver: Bool { state.isClosed }

    /// Where the relay keeps this session; only the relay changes it.
    var place: Int {
        get { Int(placeNumber) }
        set { placeNumber = UInt32(newValue) }
    }

    /// Takes over the socket of the client.
    func begin(_ socket: consuming Socket, from peer: SocketAddress) {
        let terms = relay.terms[route]
        let client = RelayChannel(of: self, terms.client, loop: relay.loop, socket: socket, peer: peer)
        let upstream = RelayChannel(of: self, terms.upstream, loop: relay.loop)
        client.hearing = terms.client.framing.makeHearing()
        // One for both, where they have the same framing: a protocol's two directions explain each other.
        upstream.hearing = terms.haveOneFraming ? client.hearing : terms.upstream.framing.makeHearing()
        clientEnd = client
        upstreamEnd = upstream
        client.join(upstream)
        upstream.join(client)
    }

    /// The session is over, and so is the turn it ended in: it lets its channels go, and they it.
    func release() {
        clientEnd?.part()
        upstreamEnd?.part()
        clientEnd = nil
        upstreamEnd = nil
    }

    private var client: RelayChannel { self[.client] }
    private var upstream: RelayChannel { self[.upstream] }

    private subscript(side: Side) -> RelayChannel {
        guard let end = side == .client ? clientEnd : upstreamEnd else {
            preconditionFailure("a session has its channels until the turn it ends in is over")
        }
        return end
    }

    // MARK: - Connecting

    /// Connects to the first of these that answers.
    func connect(toAnyOf addresses: [SocketAddress]) {
        attempts = Attempts(addresses)
        tryNextAddress(after: nil)
    }

    /// The client has said something that only waits for the connection to stand.
    var willSpeakAtOnce: Bool { client.hasRoom && client.receivableByteCount > 0 }

    func resolveFailed() {
        connectFailed(.resolveFailed)
    }

    private func tryNextAddress(after failure: SystemError?) {
        guard state.isConnecting else { return }
        guard let attempts, let address = attempts.untried.popFirst() else {
            return connectFailed(failure.map(ConnectFailure.reason) ?? .resolveFailed)
        }
        attempts.timer.map(relay.loop.cancel)
        attempts.timer = share(of: attempts.untried.count + 1).map { share in
            relay.loop.schedule(after: share) { [weak self] in self?.addressIsSilent() }
        }
        relay.audience.connectAttempted(id, route: route)
        do {
            try upstream.connect(to: address)
        } catch {
            if error.isExhaustion { relay.pauseAccepting(after: error) }
            tryNextAddress(after: error)
        }
    }

    /// An address that does not answer gets its share of the time that is left, so that the last one is tried too; nil for the last.
    private func share(of count: Int) -> Duration? {
        guard count > 1, let timeout = relay.configuration.connectTimeout else { return nil }
        return (openedAt + timeout - relay.loop.now) / count
    }

    private func addressIsSilent() {
        guard state.isConnecting else { return }
        upstream.close()
        tryNextAddress(after: nil)
    }

    private func connectFailed(_ reason: CloseReason) {
        // It may be over already, and what a name's look-up says comes too late.
        guard state.isConnecting else { return }
        relay.audience.connectFailed(id, route: route, reason: reason)
        perform(state.connectFailed(reason))
    }

    func connected() {
        attempts?.timer.map(relay.loop.cancel)
        attempts = nil
        relay.audience.connectTook(nanoseconds: sinceOpened, route: route)
        relay.audience.sessionConnected(
            id,
            route: route,
            upstreamAddress: addressText(of: upstream),
            at: relay.realTime
        )
        isActive(at: relay.loop.now)
        perform(state.connected())
    }

    // MARK: - Events of the channels

    /// In the middle of a channel's event nothing is closed.
    private var isInEvent: Bool { clientEnd?.isBeingServed == true || upstreamEnd?.isBeingServed == true }

    private func performAfterEvent(_ action: SessionState.Action) {
        if deferred == .nothing { relay.loop.afterEvent { [self] in performDeferred() } }
        deferred = action
    }

    private func performDeferred() {
        let action = deferred
        deferred = .nothing
        perform(action)
    }

    private var sinceOpened: Int64 { relay.loop.now.nanoseconds - openedAt.nanoseconds }

    /// Bytes have come or left, or a stream has ended: what the timeouts of a silent session count from.
    func isActive(at instant: LoopInstant) {
        lastActivity = instant
        isChanged = true
    }

    /// A side took some of what was waiting for it.
    func drained(_ side: Side) {
        self[side.other].heed(partnerFIFOByteCount: self[side].waitingByteCount)
    }

    func forwardsEnd(of side: Side) -> Bool { state.forwardsEnd(of: side) }

    func endOfStream(from side: Side) {
        isActive(at: relay.loop.now)
        perform(state.endOfStream(from: side))
    }

    func streamEnded(towards side: Side) {
        isChanged = true
        perform(state.streamEnded(towards: side))
    }

    /// A call on a side's connection failed: whatever the error, it will carry no more that way.
    func failed(_ side: Side, while activity: ChannelActivity) {
        isActive(at: relay.loop.now)
        switch activity {
        case .receiving: perform(state.reset(by: side))
        case .sending: perform(state.sendFailed(to: side))
        }
    }

    /// Connecting failed, or something of ours did.
    func failed(_ side: Side, _ error: any Error) {
        isChanged = true
        if state.isConnecting, side == .upstream, let error = error as? SystemError {
            upstream.close()
            return tryNextAddress(after: error)
        }
        relay.loop.reportError(self[side], error)
        perform(state.abort(.error))
    }

    /// Ends this session whatever it is doing.
    func abort(_ reason: CloseReason) {
        perform(state.abort(reason))
    }

    // MARK: - Once in a while

    /// Looks at the timeouts, and samples the channels if anything happened.
    func sweep(at now: LoopInstant, isSampling: Bool) {
        let limits = relay.configuration
        if state.isConnecting {
            if let limit = limits.connectTimeout, now - openedAt >= limit { return connectFailed(.connectTimeout) }
        } else {
            let (limit, reason): (Duration?, CloseReason) =
                state.isHalfClosed ? (limits.halfClosedTimeout, .halfClosedTimeout) : (limits.idleTimeout, .idleTimeout)
            if let limit, now - lastActivity >= limit { return abort(reason) }
        }
        if !isKeptAlive, !state.isConnecting { keepAlive() }
        guard isSampling else { return }
        client.tellPause()
        upstream.tellPause()
        if isChanged {
            isChanged = false
            tellSample(channelStates)
        } else {
            client.releaseIdleMemory()
            upstream.releaseIdleMemory()
        }
    }

    /// Only of a session that lasts: what is over within a second need not be asked after, and the kernel's timers for it are
    /// a thirtieth of all that such a session costs.
    private func keepAlive() {
        isKeptAlive = true
        client.keepAlive()
        upstream.keepAlive()
    }

    /// What both channels hold now.
    var channelStates: (client: ChannelState, upstream: ChannelState) { (client.state, upstream.state) }

    /// What has passed through in both directions.
    var byteCount: Int64 { client.statistics.bytesIn + upstream.statistics.bytesIn }

    var asLive: LiveSession {
        LiveSession(
            session: id,
            route: route,
            clientAddress: addressText(of: client),
            upstreamAddress: state.isConnecting ? "" : addressText(of: upstream),
            openedAt: openedAtRealTime,
            tally: tally,
            client: client.state,
            upstream: upstream.state
        )
    }

    private func addressText(of channel: RelayChannel) -> String { channel.address?.description ?? "" }

    /// The recorder got full, or has room again.
    func roomMayHaveChanged() {
        client.pauseMayHaveChanged()
        upstream.pauseMayHaveChanged()
    }

    private var tally: SessionTally {
        var tally = SessionTally()
        for channel in [client, upstream] {
            tally.bytes[channel.direction] = channel.statistics.bytesIn
            tally.messages[channel.direction] = channel.messageCount
        }
        return tally
    }

    private func tellSample(_ states: (client: ChannelState, upstream: ChannelState)) {
        let at = relay.realTime
        relay.audience.sampled(
            id,
            tally: tally,
            client: ChannelSample(session: id, side: .client, at: at, state: states.client),
            upstream: ChannelSample(session: id, side: .upstream, at: at, state: states.upstream)
        )
    }

    // MARK: - Doing what the state says

    private func perform(_ action: SessionState.Action) {
        clientEnd?.mayRelay(state.mayRead(.client))
        upstreamEnd?.mayRelay(state.mayRead(.upstream))
        if action.isClosing, isInEvent { return performAfterEvent(action) }
        switch action {
        case .nothing, .startRelaying:
            break
        case .endStream(let side):
            self[side].shutdownWriteWhenDone()
        case .discardOutput(let side):
            self[side].discardOutput()
            roomMayHaveChanged()
        case .resetWhenSent(let side):
            roomMayHaveChanged()
            self[side.other].discardOutput()
            resetWhenSent(side, wait: .milliseconds(1))
        case .close(let reason):
            close(reason)
        case .abort(let reason):
            client.resetOnClose()
            upstream.resetOnClose()
            close(reason)
        }
    }

    /// A reset overtakes what the kernel has not delivered, so it waits for that, looking ever more rarely; the timeout
    /// for silent half-closed sessions bounds it.
    private func resetWhenSent(_ side: Side, wait: Duration) {
        guard !state.isClosed else { return }
        guard !self[side].fifo.isEmpty || self[side].unacknowledgedByteCount > 0 else {
            return perform(state.resetDelivered())
        }
        relay.loop.schedule(after: wait) { [weak self] in
            self?.resetWhenSent(side, wait: min(wait * 2, .seconds(1)))
        }
    }

    private func close(_ reason: CloseReason) {
        client.endMessages()
        upstream.endMessages()
        client.pauseMayHaveChanged()
        upstream.pauseMayHaveChanged()
        let states = channelStates
        tellSample(states)
        client.close()
        upstream.close()
        let closing = SessionClosing(
            session: id,
            route: route,
            reason: reason,
            tally: tally,
            at: relay.realTime,
            durationNanoseconds: sinceOpened
        )
        relay.remove(self, closing, states)
    }
}

/// What is heard goes to the channel it was read from.
extension Session: HearingListener {
    func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, _ direction: Direction, at: Timestamp) {
        self[direction.source].heard(bytes, ending, kind: kind, at: at)
    }

    func framingRecognised(_ framing: Framing) {
        recognised = if case .named(let name) = framing { name } else { nil }
        relay.audience.framingRecognised(id, route: route, framing: framing.description, at: relay.realTime)
    }

    func framingLost(_ direction: Direction, why: String) {
        self[direction.source].framingLost(recognised.map(Framing.named), why: why)
    }
}
