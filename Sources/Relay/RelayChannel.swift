import AsyncChat
import Traffic

/// One end of a session: forwards what it receives to its partner at once, and hears the messages in it afterwards.
///
/// Everything about the direction it is the source of lives here: framing, the unfinished message, the count.
final class RelayChannel: ChatChannel {
    /// A message has begun and not ended. Like those below a plain value, at which a look costs no check: they are looked
    /// at for every read or message.
    private var isMidMessage = false
    /// Something read from the partner waits here.
    private var hasResidents = false
    /// The partner's FIFO is above its high-water mark and has not fallen below the low one since.
    private var isHeldUp = false
    private var isPaused = false
    /// As far as endings are concerned, it may be read. The session says so.
    private(set) var isRelaying = false
    /// Of a client: it has said something since the server's last bytes.
    private var isAnswerDue = false
    private let terms: ChannelTerms
    /// Also among the terms, from where it would be retained for every use.
    private let audience: Audience
    /// The session this is an end of.
    let session: Session
    /// Nil while it is told of what was sent to it.
    private var partner: Partner?
    /// Hears the messages here where the engine's scanner does not: shared with the other channel where both directions have
    /// the same framing.
    var hearing: Hearing?
    /// Nil where nothing is unfinished, and has not been for a while.
    private var unfinished: Unfinished?
    /// Messages heard in the direction read here.
    private(set) var messageCount: Int64 = 0
    /// When the latest of them was told of.
    private var lastMessageAt = LoopInstant(nanoseconds: 0)
    /// When the latest bytes were read: the last byte of every message told of, an unfinished one's too, came then.
    private var lastReadAt = Timestamp(nanosecondsSince1970: 0)
    /// How long reading was held up, as far as it was told.
    private(set) var pausedNanoseconds: Int64 = 0

    /// The other end. No copy can be made of it, so that it is taken out, used and put back: a look at a plain reference would
    /// retain and release it for each read, with locked instructions.
    private struct Partner: ~Copyable {
        let channel: RelayChannel
    }

    /// What an idle channel has none of.
    private final class Unfinished {
        var message = MessageAssembly()
        /// What is known of the kind of `message`.
        var kind: String?
        /// What was read from the partner and waits here.
        var residence = Residence()
        /// When reading was last held up, or that was last told.
        var pausedSince: LoopInstant?
    }

    /// The client's end, of a socket just accepted.
    init(of session: Session, _ terms: ChannelTerms, loop: EventLoop, socket: consuming Socket, peer: SocketAddress) {
        self.session = session
        self.terms = terms
        audience = terms.audience
        super.init(loop: loop, socket: socket, peer: peer)
        begin()
    }

    /// The upstream's end, still without a socket.
    init(of session: Session, _ terms: ChannelTerms, loop: EventLoop) {
        self.session = session
        self.terms = terms
        audience = terms.audience
        super.init(loop: loop)
        begin()
    }

    private func begin() {
        gathers = true
        inputBufferByteCount = terms.readByteCount
        setTerminator(terms.framing.terminator)
    }

    /// Says which channel is the other end: they hold each other until they part.
    func join(_ partner: RelayChannel) {
        self.partner = Partner(channel: partner)
        forward(to: partner)
    }

    func part() {
        partner = nil
        forward(to: nil)
    }

    var side: Side { terms.side }

    /// The direction read here.
    var direction: Direction { terms.direction }

    private var route: Int { terms.route }

    /// This channel's buffers and FIFO as they are now.
    var state: ChannelState {
        let fifo = fifo
        let statistics = statistics
        var state = ChannelState()
        state.inputBytes = Int64(
            (unfinished?.message.byteCount ?? 0) + pendingInputByteCount + (hearing?.undecidedByteCount(direction) ?? 0)
        )
        state.fifoItems = Int64(fifo.count)
        state.fifoBytes = Int64(fifo.byteCount)
        state.fifoHighWaterBytes = Int64(fifo.highWaterByteCount)
        state.bytesIn = statistics.bytesIn
        state.bytesOut = statistics.bytesOut
        state.reads = statistics.reads
        state.writes = statistics.writes
        state.partialWrites = statistics.partialWrites
        state.pausedNanoseconds = pausedNanoseconds + untoldPause
        state.isPaused = isPaused
        return state
    }

    /// This program has no children.
    override var isSoleOwner: Bool { true }

    override var receivesAndSendsPlainly: Bool { true }

    /// Of the upstream's, which connects; the client's was accepted.
    override func prepare(_ socket: borrowing Socket) {
        SessionSockets.prepare(socket)
        // What the client says is sent as soon as the connection stands, and tells the server that it does: a segment less.
        if session.willSpeakAtOnce { socket.set(.quickAcknowledgement, false) }
    }

    // MARK: - Events

    /// What is read is forwarded and must be recorded, so nothing is read that could not be.
    override func hasRoomForInput() -> Bool { isRelaying && (!terms.isRecorded || audience.hasRoom) }

    override func handleWrite() throws {
        try super.handleWrite()
        session.drained(side)
    }

    override func handleConnect() {
        session.connected()
    }

    override var forwardsEndOfStream: Bool { session.forwardsEnd(of: side) }

    override func handleEndOfStream() {
        // What came just before it may still have to be heard.
        loop.afterEvent { [self] in endMessages() }
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

    /// They have left already; what they mean is looked at afterwards.
    override func handleReceived(_ bytes: RawSpan) {
        lastReadAt = Timestamp(nanosecondsSince1970: loop.realTimeNanoseconds)
        let now = loop.now
        session.isActive(at: now)
        guard let partner = partner.take() else {
            preconditionFailure("a session's ends are partners until the turn it ends in is over")
        }
        let waitingByteCount = partner.channel.waitingByteCount
        if waitingByteCount > 0 { partner.channel.holdLatestRead() }
        heed(partnerFIFOByteCount: waitingByteCount)
        if case .upstream = side { partner.channel.noteAnswer(now: now, at: lastReadAt) }
        self.partner = consume partner
        audience.received(byteCount: bytes.byteCount, route: route, direction: direction)
    }

    /// The server speaks: if this client has said something since it last did, that is an answer.
    private func noteAnswer(now: LoopInstant, at: Timestamp) {
        guard isAnswerDue else { return }
        isAnswerDue = false
        audience.answered(
            afterNanoseconds: now.nanoseconds - lastMessageAt.nanoseconds,
            question: QuestionID(session: session.id, sequence: messageCount),
            route: route,
            at: at
        )
    }

    override func handleSent(byteCount: Int) {
        audience.sent(byteCount: byteCount, route: route, direction: direction.opposite)
        // What goes straight through is activity by being read; what waited is not.
        guard hasResidents else { return }
        session.isActive(at: loop.now)
        tellWhatLeft()
    }

    /// What the partner just read had to wait, in part or whole.
    func holdLatestRead() {
        makeUnfinished().residence.hold(until: statistics.bytesOut + Int64(waitingByteCount), readAt: loop.now)
        hasResidents = true
        audience.held(route: route, direction: direction.opposite)
    }

    private func tellWhatLeft() {
        guard let unfinished else { return }
        while let mark = unfinished.residence.leave(sentByteCount: statistics.bytesOut) {
            audience.left(
                afterNanoseconds: loop.now.nanoseconds - mark.readAt.nanoseconds,
                reads: mark.reads,
                route: route,
                direction: direction.opposite
            )
        }
        hasResidents = !unfinished.residence.isEmpty
    }

    // MARK: - Messages

    override func handleStretch(_ bytes: RawSpan, terminatorByteCount: Int?) {
        guard let terminatorByteCount else {
            if let hearing { return hearing.hear(bytes, direction, at: lastReadAt, session) }
            if case .none = terms.framing { return tell(bytes, byteCount: bytes.byteCount, .chunk, kind: nil) }
            return goOn(with: bytes, kind: nil)
        }
        if terminatorByteCount > 0 {
            end(with: bytes, .terminator, kind: nil)
        } else {
            end(with: bytes, .length, kind: nil)
            setTerminator(terms.framing.terminator)
        }
    }

    /// A stretch of a message that `hearing` heard: it ends the message, or the message goes on.
    func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, at: Timestamp) {
        lastReadAt = at
        if let ending {
            end(with: bytes, ending, kind: kind)
        } else {
            goOn(with: bytes, kind: kind)
        }
    }

    private func end(with bytes: RawSpan, _ ending: Ending, kind: String?) {
        if !isMidMessage, bytes.byteCount <= terms.overlongByteCount {
            tell(bytes, byteCount: bytes.byteCount, ending, kind: kind)
        } else {
            goOn(with: bytes, kind: kind)
            tellAssembled(ending)
        }
    }

    /// The message goes on with these bytes. Where it grows too long it is cut, and the rest of it is told as further
    /// messages: the framing goes on as if nothing had been cut, and finds the end where it is.
    private func goOn(with bytes: RawSpan, kind: String?) {
        let unfinished = makeUnfinished()
        unfinished.kind = kind
        let limit = terms.overlongByteCount
        var start = 0
        while unfinished.message.byteCount + bytes.byteCount - start > limit {
            let end = start + limit - unfinished.message.byteCount
            unfinished.message.append(bytes.extracting(start..<end), keepingAtMost: terms.payloadByteCount)
            tellAssembled(.overlong)
            start = end
        }
        let rest = bytes.extracting(start..<bytes.byteCount)
        unfinished.message.append(rest, keepingAtMost: terms.payloadByteCount)
        isMidMessage = !unfinished.message.isEmpty
    }

    /// The framing has lost its way here.
    func framingLost(_ recognised: Framing?, why: String) {
        audience.framingLost(
            session.id,
            route: route,
            direction: direction,
            framing: (recognised ?? terms.framing).description,
            why: why
        )
    }

    /// The direction read here is over: what is left of it, an unfinished message and what looked like the beginning of a
    /// terminator, is its last message. Harmless when repeated.
    func endMessages() {
        if pendingInputByteCount > 0 {
            let held = pendingInput
            // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
            unsafe goOn(with: held.span.bytes, kind: nil)
            discardInput()
        }
        if let hearing { hearing.end(direction, session) }
        if isMidMessage { tellAssembled(.endOfStream) }
    }

    private func tellAssembled(_ ending: Ending) {
        guard let unfinished else { return }
        let byteCount = unfinished.message.byteCount
        unfinished.message.withKeptBytes { tell($0, byteCount: byteCount, ending, kind: unfinished.kind) }
        unfinished.message.clear()
        isMidMessage = false
    }

    private func makeUnfinished() -> Unfinished {
        if let unfinished { return unfinished }
        let made = Unfinished()
        unfinished = made
        return made
    }

    private func tell(_ bytes: RawSpan, byteCount: Int, _ ending: Ending, kind: String?) {
        messageCount += 1
        lastMessageAt = loop.now
        isAnswerDue = true
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
            payload: bytes.extracting(first: min(bytes.byteCount, terms.payloadByteCount))
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
    var hasRoom: Bool { !terms.isRecorded || session.relay.hasRoom }

    /// Stops reading here while the partner's FIFO is above its high-water mark, until it is below the low one.
    func heed(partnerFIFOByteCount: Int) {
        if partnerFIFOByteCount > terms.highWaterByteCount {
            isHeldUp = true
        } else if isHeldUp, partnerFIFOByteCount <= terms.lowWaterByteCount {
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
        guard isPaused != self.isPaused else { return }
        if isPaused {
            makeUnfinished().pausedSince = loop.now
            self.isPaused = true
            audience.readingPauseBegan(route: route, direction: direction)
        } else {
            tellPause()
            unfinished?.pausedSince = nil
            self.isPaused = false
        }
    }

    /// Tells how long reading has been held up since that was last told.
    func tellPause() {
        guard isPaused else { return }
        let paused = untoldPause
        unfinished?.pausedSince = loop.now
        pausedNanoseconds += paused
        audience.readingPaused(nanoseconds: paused, route: route, direction: direction)
    }

    private var untoldPause: Int64 {
        isPaused ? (unfinished?.pausedSince).map { (loop.now - $0).wholeNanoseconds } ?? 0 : 0
    }

    /// Gives back what an idle channel need not own.
    func releaseIdleMemory() {
        if unfinished != nil, !isMidMessage, !hasResidents, !isPaused { unfinished = nil }
    }
}
