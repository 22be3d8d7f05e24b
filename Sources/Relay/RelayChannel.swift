import AsyncChat
import Traffic

/// One end of a session: forwards what it receives to its partner at once, then hears the messages in it.
///
/// Everything about the direction it is the source of lives here: framing, the unfinished message, the count.
final class RelayChannel: ChatChannel {
    let side: Side
    /// Messages heard in the direction read here.
    private(set) var messageCount: Int64 = 0
    /// When the latest of them was told of.
    private(set) var lastMessageAt = LoopInstant(nanoseconds: 0)
    /// How long reading was held up, as far as it was told.
    private(set) var pausedNanoseconds: Int64 = 0
    /// The session this is an end of.
    let session: Session

    private let relay: RelayLoop
    private let audience: Audience
    private let route: Int
    private let framing: Framing
    /// So much of a message is kept and told.
    private let payloadByteCount: Int
    private let isRecorded: Bool
    private let overlongByteCount: Int
    /// Hears the messages here where the engine's scanner does not: shared with the other channel where both directions have
    /// the same framing.
    var hearing: Hearing?
    private var message = MessageAssembly() { didSet { isMidMessage = !message.isEmpty } }
    /// Of `message`, and likewise below of `residence`: a look at a plain value costs no check, and is made for every message.
    private var isMidMessage = false
    /// What is known of the kind of an unfinished message.
    private var unfinishedKind: String?
    /// When the latest bytes were read: the last byte of every message told of, an unfinished one's too, came then.
    private var lastReadAt = Timestamp(nanosecondsSince1970: 0)
    /// The partner's FIFO is above its high-water mark and has not fallen below the low one since.
    private var isHeldUp = false
    private var pausedSince: LoopInstant?
    /// As far as endings are concerned, it may be read. The session says so.
    private(set) var isRelaying = false
    /// What was read from the partner and waits here.
    private var residence = Residence() { didSet { hasResidents = !residence.isEmpty } }
    private var hasResidents = false

    /// The client's end, of a socket just accepted.
    init(of session: Session, relay: RelayLoop, route: Int, socket: consuming Socket, peer: SocketAddress) {
        side = .client
        self.session = session
        self.relay = relay
        audience = relay.audience
        self.route = route
        framing = relay.framing(ofRoute: route, .upstream)
        let depth = relay.depth(ofRoute: route, .upstream)
        payloadByteCount = depth.payloadByteCount
        isRecorded = depth != .off
        overlongByteCount = relay.configuration.overlongByteCount
        super.init(loop: relay.loop, socket: socket, peer: peer)
        begin()
    }

    /// The upstream's end, still without a socket.
    init(of session: Session, relay: RelayLoop, route: Int) {
        side = .upstream
        self.session = session
        self.relay = relay
        audience = relay.audience
        self.route = route
        framing = relay.framing(ofRoute: route, .downstream)
        let depth = relay.depth(ofRoute: route, .downstream)
        payloadByteCount = depth.payloadByteCount
        isRecorded = depth != .off
        overlongByteCount = relay.configuration.overlongByteCount
        super.init(loop: relay.loop)
        begin()
    }

    private func begin() {
        gathers = true
        inputBufferByteCount = relay.configuration.readByteCount
        setTerminator(framing.terminator)
    }

    /// The direction read here.
    var direction: Direction { side.outgoingDirection }

    /// This channel's buffers and FIFO as they are now.
    var state: ChannelState {
        let fifo = fifo
        let statistics = statistics
        var state = ChannelState()
        state.inputBytes = Int64(
            message.byteCount + pendingInputByteCount + (hearing?.undecidedByteCount(direction) ?? 0)
        )
        state.fifoItems = Int64(fifo.count)
        state.fifoBytes = Int64(fifo.byteCount)
        state.fifoHighWaterBytes = Int64(fifo.highWaterByteCount)
        state.bytesIn = statistics.bytesIn
        state.bytesOut = statistics.bytesOut
        state.reads = statistics.reads
        state.writes = statistics.writes
        state.partialWrites = statistics.partialWrites
        state.pausedNanoseconds = pausedNanoseconds + (pausedSince.map { (loop.now - $0).wholeNanoseconds } ?? 0)
        state.isPaused = pausedSince != nil
        return state
    }

    override func prepare(_ socket: borrowing Socket) {
        SessionSockets.prepare(socket)
    }

    // MARK: - Events

    override func handleRead() throws {
        // What is read must be recorded, so nothing is read that could not be. Asked afresh, for earlier events of this turn may
        // have filled the recorder.
        guard !isRecorded || audience.hasRoom else { return }
        session.beginEvent()
        defer { session.endEvent() }
        try super.handleRead()
    }

    override func handleWrite() throws {
        session.beginEvent()
        defer { session.endEvent() }
        try super.handleWrite()
        session.drained(side)
    }

    override func handleConnect() {
        session.connected()
    }

    override func handleEndOfStream() {
        endMessages()
        session.endOfStream(from: side)
    }

    override func handleWriteShutdown() {
        session.streamEnded(towards: side)
    }

    override func handleFailure(_ error: SystemError, while activity: ChannelActivity) {
        session.failed(side, while: activity)
    }

    override func handleError(_ error: any Error) {
        session.failed(side, error)
    }

    // MARK: - Bytes

    /// Bytes leave first; what they mean is looked at afterwards.
    override func handleReceived(_ bytes: RawSpan) {
        lastReadAt = relay.realTime
        session.forward(bytes, from: self)
        audience.received(byteCount: bytes.byteCount, route: route, direction: direction)
    }

    override func handleSent(byteCount: Int) {
        session.isActive(at: loop.now)
        audience.sent(byteCount: byteCount, route: route, direction: direction.opposite)
        if hasResidents { tellWhatLeft() }
    }

    /// What the partner just read had to wait, in part or whole.
    func holdLatestRead() {
        residence.hold(until: statistics.bytesOut + Int64(fifo.byteCount), readAt: loop.now)
        audience.held(route: route, direction: direction.opposite)
    }

    private func tellWhatLeft() {
        while let mark = residence.leave(sentByteCount: statistics.bytesOut) {
            audience.left(
                afterNanoseconds: loop.now.nanoseconds - mark.readAt.nanoseconds,
                reads: mark.reads,
                route: route,
                direction: direction.opposite
            )
        }
    }

    // MARK: - Messages

    override func handleStretch(_ bytes: RawSpan, terminatorByteCount: Int?) {
        guard let terminatorByteCount else {
            if let hearing { return hearing.hear(bytes, direction, at: lastReadAt, session) }
            if case .none = framing { return tell(bytes, byteCount: bytes.byteCount, .chunk, kind: nil) }
            return goOn(with: bytes)
        }
        if terminatorByteCount > 0 {
            end(with: bytes, .terminator, kind: nil)
        } else {
            end(with: bytes, .length, kind: nil)
            setTerminator(framing.terminator)
        }
    }

    /// A stretch of a message that `hearing` heard: it ends the message, or the message goes on.
    func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, at: Timestamp) {
        lastReadAt = at
        if let ending {
            end(with: bytes, ending, kind: kind)
        } else {
            unfinishedKind = kind
            goOn(with: bytes)
        }
    }

    private func end(with bytes: RawSpan, _ ending: Ending, kind: String?) {
        if !isMidMessage, bytes.byteCount <= overlongByteCount {
            tell(bytes, byteCount: bytes.byteCount, ending, kind: kind)
        } else {
            unfinishedKind = kind
            goOn(with: bytes)
            tellAssembled(ending)
        }
    }

    /// The message goes on with these bytes. Where it grows too long it is cut, and the rest of it is told as further
    /// messages: the framing goes on as if nothing had been cut, and finds the end where it is.
    private func goOn(with bytes: RawSpan) {
        var start = 0
        while message.byteCount + bytes.byteCount - start > overlongByteCount {
            let end = start + overlongByteCount - message.byteCount
            message.append(bytes.extracting(start..<end), keepingAtMost: payloadByteCount)
            tellAssembled(.overlong)
            start = end
        }
        message.append(bytes.extracting(start..<bytes.byteCount), keepingAtMost: payloadByteCount)
    }

    /// The framing has lost its way here.
    func framingLost(_ recognised: Framing?, why: String) {
        audience.framingLost(
            session.id,
            route: route,
            direction: direction,
            framing: (recognised ?? framing).description,
            why: why
        )
    }

    /// The direction read here is over: what is left of it, an unfinished message and what looked like the beginning of a
    /// terminator, is its last message. Harmless when repeated.
    func endMessages() {
        let held = pendingInput
        if !held.isEmpty {
            // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
            unsafe goOn(with: held.span.bytes)
            discardInput()
        }
        if let hearing { hearing.end(direction, session) }
        if isMidMessage { tellAssembled(.endOfStream) }
    }

    private func tellAssembled(_ ending: Ending) {
        message.withKeptBytes { tell($0, byteCount: message.byteCount, ending, kind: unfinishedKind) }
        message.clear()
    }

    private func tell(_ bytes: RawSpan, byteCount: Int, _ ending: Ending, kind: String?) {
        messageCount += 1
        lastMessageAt = loop.now
        let header = MessageHeader(
            session: session.id,
            route: route,
            direction: direction,
            ending: ending,
            sequence: messageCount,
            at: lastReadAt,
            byteCount: byteCount
        )
        audience.message(
            header,
            kind: kind,
            payload: bytes.extracting(first: min(bytes.byteCount, payloadByteCount))
        )
    }

    // MARK: - Flow control

    override func readable() -> Bool {
        !isHeldUp && isRelaying && hasRoom
    }

    /// The state of the session has changed.
    func mayRelay(_ isRelaying: Bool) {
        guard self.isRelaying != isRelaying else { return }
        self.isRelaying = isRelaying
        interestMayHaveChanged()
    }

    /// Does the recorder have room, where it matters?
    private var hasRoom: Bool { !isRecorded || relay.hasRoom }

    /// Stops reading here while the partner's FIFO is above its high-water mark, until it is below the low one.
    func heed(partnerFIFOByteCount: Int) {
        if partnerFIFOByteCount > relay.configuration.highWaterByteCount {
            isHeldUp = true
        } else if isHeldUp, partnerFIFOByteCount <= relay.configuration.lowWaterByteCount {
            isHeldUp = false
        } else {
            return
        }
        pauseMayHaveChanged()
    }

    /// Measures how long reading is held up: by the partner's FIFO or by a full recorder.
    func pauseMayHaveChanged() {
        interestMayHaveChanged()
        let isPaused = (isHeldUp || !hasRoom) && isRelaying
        guard isPaused != (pausedSince != nil) else { return }
        if isPaused {
            pausedSince = loop.now
            audience.readingPauseBegan(route: route, direction: direction)
        } else {
            tellPause()
            pausedSince = nil
        }
    }

    /// Tells how long reading has been held up since that was last told.
    func tellPause() {
        guard let since = pausedSince else { return }
        pausedSince = loop.now
        let paused = (loop.now - since).wholeNanoseconds
        pausedNanoseconds += paused
        audience.readingPaused(nanoseconds: paused, route: route, direction: direction)
    }

    /// Gives back what an idle channel need not own.
    func releaseIdleMemory() {
        message.releaseIdleMemory()
    }
}
