package import AsyncChat
package import Traffic

/// The part of the relay that lives on one loop: its listeners, its sessions, and who is told of them.
package final class RelayLoop {
    package let loop: EventLoop
    let configuration: RelayConfiguration
    /// May traffic be read, as far as recording it is concerned? As of the end of the last turn.
    private(set) var hasRoom = true

    private(set) var audience = Audience([])
    /// By route.
    private(set) var terms: [RouteTerms]
    private var numbers = SessionNumbers()
    private let numericUpstreams: [SocketAddress?]
    /// By route.
    private let upstreamNames: [UpstreamName]
    private var listeners: [RelayListener] = []
    private var sessions: ContiguousArray<Session> = []
    private var closedThisTurn: [Session] = []
    private var whenDrained: (() -> Void)?
    private var isRefusing = false
    private var lastSampling: LoopInstant
    private var latestSweep: UInt8 = 0
    private var highWaters: [HighWaters]

    /// Has no listeners yet, and tells nobody.
    package init(loop: EventLoop, configuration: RelayConfiguration) {
        self.loop = loop
        self.configuration = configuration
        numericUpstreams = configuration.routes.map(\.upstream.numericAddress)
        upstreamNames = configuration.routes.map { UpstreamName($0.upstream, loop: loop) }
        lastSampling = loop.now
        highWaters = configuration.routes.map { _ in HighWaters() }
        terms = RouteTerms.all(of: configuration, telling: audience)
        loop.atTurnEnd { [unowned self] in endTurn() }
        scheduleSweep(at: loop.now + configuration.sweepInterval)
    }

    /// Says who is told and where the numbers come from. To be called once, before the loop runs.
    ///
    /// - Parameters:
    ///   - observers: told of everything on this loop, in this order.
    ///   - numbers: shared by all loops of the program.
    package func begin(telling observers: [any TrafficObserver], numbering numbers: SessionNumbers) {
        audience = Audience(observers)
        terms = RouteTerms.all(of: configuration, telling: audience)
        self.numbers = numbers
    }

    // MARK: - Listening

    /// Listens for clients of a route.
    ///
    /// - Returns: the address with its real port.
    package func listen(
        route: Int,
        on address: SocketAddress,
        sharesPort: Bool = false,
        joinsPort: Bool = false
    ) throws(SystemError) -> SocketAddress {
        let listener = RelayListener(relay: self, route: route)
        try listener.listen(on: address, sharesPort: sharesPort, joinsPort: joinsPort)
        listeners.append(listener)
        return listener.address ?? address
    }

    /// A client could not be given an upstream for want of descriptors or memory: nor could those behind it.
    func pauseAccepting(after error: SystemError) {
        for listener in listeners { listener.pauseAccepting(after: error) }
    }

    /// How many sessions are open.
    package var sessionCount: Int { sessions.count }

    /// Those that moved the most bytes, and of these the newest; so many of them.
    package func liveSessions(atMost limit: Int) -> LiveSessions {
        guard sessions.count > limit else {
            return LiveSessions(busiest: sessions.map(\.asLive), count: sessions.count)
        }
        let byRank = sessions.map { (byteCount: $0.byteCount, id: $0.id.rawValue, session: $0) }
            .sorted { ($0.byteCount, $0.id) > ($1.byteCount, $1.id) }
        return LiveSessions(busiest: byRank.prefix(limit).map(\.session.asLive), count: sessions.count)
    }

    // MARK: - Ending

    /// Stops accepting and calls back once the last session is over.
    package func drain(then whenDrained: @escaping () -> Void) {
        for listener in listeners { listener.close() }
        listeners = []
        self.whenDrained = whenDrained
        // The answer comes from the loop also where there is nothing to wait for.
        loop.schedule(after: .zero) { [weak self] in self?.drainedIfEmpty() }
    }

    /// Ends every session now.
    package func abortAll(_ reason: CloseReason) {
        for session in Array(sessions) { session.abort(reason) }
    }

    /// Ends every session of a route that is recorded, and every new one at once, until told otherwise: for those to whom
    /// traffic that is not recorded is worse than none.
    package func refuseTraffic(_ isRefusing: Bool) {
        self.isRefusing = isRefusing
        guard isRefusing else { return }
        for session in Array(sessions) where configuration.routes[session.route].isRecorded {
            session.abort(.captureStopped)
        }
    }

    private func drainedIfEmpty() {
        guard sessions.isEmpty, let callBack = whenDrained else { return }
        whenDrained = nil
        callBack()
    }

    // MARK: - Sessions

    var isAtSessionLimit: Bool { sessions.count >= configuration.maxSessions }

    /// Makes a session of a client just accepted, and begins to look for its upstream.
    func open(_ socket: consuming Socket, from peer: SocketAddress, route: Int) {
        let session = admit(socket, from: peer, route: route)
        guard !(isRefusing && configuration.routes[route].isRecorded) else {
            audience.sessionRejected(session.id, route: route, reason: .captureStopped)
            return session.abort(.captureStopped)
        }
        if let address = numericUpstreams[route] {
            session.connect(toAnyOf: [address])
        } else {
            resolveUpstream(of: session)
        }
    }

    /// Makes a session that has no upstream yet.
    func admit(_ socket: consuming Socket, from peer: SocketAddress, route: Int) -> Session {
        let session = Session(id: numbers.next(), route: route, relay: self)
        session.begin(socket, from: peer)
        session.place = sessions.count
        sessions.append(session)
        let opening = SessionOpening(session: session.id, route: route, clientAddress: peer.description, at: realTime)
        audience.sessionOpened(opening)
        return session
    }

    private func resolveUpstream(of session: Session) {
        upstreamNames[session.route].lookUp { [weak session] answer in
            switch answer {
            case .success(let addresses): session?.connect(toAnyOf: addresses)
            case .failure: session?.resolveFailed()
            }
        }
    }

    /// A session is over; it is let go of when the turn ends, for its channels may be in the middle of an event.
    func remove(
        _ session: Session,
        _ closing: SessionClosing,
        _ states: (client: ChannelState, upstream: ChannelState)
    ) {
        let wasAtLimit = isAtSessionLimit
        let last = sessions.removeLast()
        if last !== session {
            sessions[session.place] = last
            last.place = session.place
        }
        closedThisTurn.append(session)
        highWaters[session.route].note(states)
        audience.sessionClosed(closing)
        if wasAtLimit { for listener in listeners { listener.interestMayHaveChanged() } }
    }

    // MARK: - Once a turn, and once in a while

    private func endTurn() {
        releaseClosedSessions()
        if hasRoom != audience.hasRoom {
            hasRoom.toggle()
            for session in sessions { session.roomMayHaveChanged() }
        }
        drainedIfEmpty()
    }

    private func releaseClosedSessions() {
        guard !closedThisTurn.isEmpty else { return }
        for session in closedThisTurn { session.release() }
        closedThisTurn.removeAll(keepingCapacity: true)
        if sessions.isEmpty { tell(Sweep.noTotals(routeCount: configuration.routes.count)) }
    }

    private func scheduleSweep(at instant: LoopInstant) {
        // As at the end of a turn: the loop does not outlive what lives on it. A weak reference would cost each other use more.
        loop.schedule(after: instant - loop.now) { [unowned self] in
            let isSampling = loop.now - lastSampling >= configuration.sampleInterval
            if isSampling { lastSampling = loop.now }
            let sweep = Sweep(
                after: latestSweep,
                of: sessions.count,
                routeCount: configuration.routes.count,
                isSampling: isSampling,
                at: loop.now,
                interval: configuration.sweepInterval
            )
            goOn(sweep)
        }
    }

    private func goOn(_ sweep: Sweep) {
        var sweep = sweep
        latestSweep = sweep.number
        // Sessions that time out are removed meanwhile.
        for place in sweep.nextPlaces(of: sessions.count) where place < sessions.count {
            look(at: sessions[place], &sweep)
        }
        guard sweep.isComplete else {
            loop.schedule(after: sweep.rest) { [unowned self] in goOn(sweep) }
            return
        }
        // What was counted may be over by now, as when the last session ended, which was told.
        if sweep.isSampling, !sessions.isEmpty { tell(sweep.totals) }
        // Where a sweep takes longer than it is to, the loop has at least half of its time for others.
        scheduleSweep(at: max(sweep.next, loop.now + configuration.sweepInterval / 2))
    }

    private func look(at session: Session, _ sweep: inout Sweep) {
        guard session.latestSweep != sweep.number else { return }
        session.latestSweep = sweep.number
        session.sweep(at: loop.now, isSampling: sweep.isSampling)
        guard sweep.isSampling, !session.isOver else { return }
        let states = session.channelStates
        highWaters[session.route].note(states)
        sweep.add(states, route: session.route)
    }

    private func tell(_ totals: [(client: ChannelTotals, upstream: ChannelTotals)]) {
        for (route, totals) in totals.enumerated() {
            var totals = totals
            totals.client.fifoHighWaterBytes = highWaters[route].client
            totals.upstream.fifoHighWaterBytes = highWaters[route].upstream
            audience.totals(totals.client, route: route, side: .client)
            audience.totals(totals.upstream, route: route, side: .upstream)
        }
    }

    /// Real time as of this turn.
    var realTime: Timestamp { Timestamp(nanosecondsSince1970: loop.realTimeNanoseconds) }
}
