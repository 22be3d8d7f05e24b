import AsyncChat
import Glibc

/// A chat channel on a real loop whose socket, callbacks and owner do what a script says, and which holds every step
/// against models of what is due.
///
/// Its socket is one end of a pair that is always readable and writable; which events it takes the script decides, by the
/// predicates. The first thing that is not as it should be is kept in `broken`.
final class FuzzedChannel: ChatChannel {
    /// What a scripted callback or producer throws.
    struct Raised: Error {
        let isProducers: Bool
    }

    /// Who asks the script what to do.
    enum Place {
        case outside, sending, producing, callback, throwingCallback
    }

    /// What kind of channel it is; the script's first decisions.
    struct Nature {
        let survivesErrors: Bool
        let survivesDisconnects: Bool
        let staysOpenAtEnd: Bool
        let alphabet: Alphabet
        let terminators: [ReferenceTerminator]
    }

    var script: Script
    /// What the next turn may do.
    var takesReads = false
    var takesWrites = false
    private(set) var broken: BrokenProperty?

    private let nature: Nature
    // What came in: the buffer is what was received and not yet handed over.
    private var input: ReferenceChat
    /// No more of the read at hand is to be delivered: a callback threw or threw it away, or a terminator may have begun.
    private var deliveryIsOver = true
    private var isDelivering = false
    private var dueEvents: [ReferenceChat.Event] = []
    // What goes out.
    private var output = OutputModel()
    private var pushedByteCount = 0
    private var isInSend = false
    private var isInProducer = false
    // How it ends.
    private var depth = 0
    private var closeCount = 0
    /// A default is about to end the channel, so no close marker has to be there.
    private var isEnding = false
    private var isInHandleClose = false
    private var raisedInCallbacks = 0
    private var toldOfCallbacks = 0
    private var raisedInProducers = 0
    private var toldOfProducers = 0

    init(loop: EventLoop, socket: consuming Socket, script: Script, nature: Nature) {
        self.script = script
        self.nature = nature
        input = ReferenceChat(terminator: nature.terminators[0])
        super.init(loop: loop, socket: socket)
        setTerminator(input.terminator.terminator)
    }

    private func expect(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition, broken == nil { broken = BrokenProperty(sentence()) }
    }

    // MARK: - At rest

    /// Outside of every event: the channel and the models say the same.
    func checkAtRest() {
        expect(
            pendingInput == input.buffer,
            "Pending is \(pendingInput) where \(input.buffer) was received and not delivered."
        )
        expect(
            output.matches(fifo.waiting, isOpen: isOpen),
            "The FIFO holds \(fifo.waiting) where \(output.entries) was pushed and not sent."
        )
        expect(
            terminator == input.terminator.terminator,
            "The terminator is \(terminator) where \(input.terminator) was named."
        )
        expect(dueEvents.isEmpty, "\(dueEvents) was due and not called.")
        expect(
            toldOfCallbacks == raisedInCallbacks && toldOfProducers <= raisedInProducers,
            "\(raisedInCallbacks) callbacks and \(raisedInProducers) producers threw, "
                + "and \(toldOfCallbacks) and \(toldOfProducers) were told."
        )
        expect(isOpen == (closeCount == 0), "The channel was closed \(closeCount) times and is open: \(isOpen).")
        checkAtAnyTime()
    }

    /// The end of a read: what it brought is delivered as far as it can be.
    private func checkDelivered() {
        guard isOpen, !deliveryIsOver, !input.buffer.isEmpty else { return }
        expect(
            input.dueStep.isSilent,
            "A read ended with \(input.buffer) undelivered, of which \(input.dueStep) was due."
        )
        if case .bytes(let bytes) = input.terminator {
            expect(input.buffer.count < bytes.count, "More is held back than a terminator's beginning.")
        }
    }

    /// The end of the script: the kernel takes all it is offered.
    func checkDrained() {
        expect(!isOpen || fifo.isEmpty, "\(fifo.waiting) is never sent.")
    }

    private func checkAtAnyTime() {
        let byteCount = fifo.waiting.reduce(0) { sum, item in
            if case .bytes(let bytes) = item { sum + bytes.count } else { sum }
        }
        expect(fifo.byteCount == byteCount, "The FIFO counts \(fifo.byteCount) bytes and holds \(byteCount).")
        expect(fifo.highWaterByteCount >= byteCount, "The FIFO holds more than the most it ever held.")
        expect(fifo.isEmpty == (fifo.count == 0), "The FIFO counts \(fifo.count) and is empty: \(fifo.isEmpty).")
        expect(pendingInputByteCount == pendingInput.count, "Pending input is miscounted.")
        if isDelivering { expect(pendingInput.isEmpty, "Something is pending in the middle of a read.") }
    }

    // MARK: - What the script does

    /// Asks the script, which mostly says nothing.
    private func act(_ place: Place) throws(Raised) {
        checkAtAnyTime()
        guard depth < 8, broken == nil else { return }
        depth += 1
        defer { depth -= 1 }
        let code = script.byte()
        guard code >= 128 else { return }
        if code & 31 == 31 {
            guard place == .throwingCallback || place == .producing else { return }
            let isProducers = place == .producing
            if isProducers {
                raisedInProducers += 1
            } else {
                raisedInCallbacks += 1
                deliveryIsOver = true
            }
            throw Raised(isProducers: isProducers)
        }
        perform(code & 31)
        checkAtAnyTime()
    }

    /// One thing that an owner may do at any time.
    func perform(_ code: UInt8) {
        switch code & 15 {
        case 0: pushKept(nextBytes())
        case 1: pushLent(nextBytes())
        case 2: pushProducer(of: nextBytes())
        case 3: pushProducer()
        case 4:
            output.push(.close)
            closeWhenDone()
        case 5:
            output.push(.shutdownWrite)
            shutdownWriteWhenDone()
        case 6:
            output.discard()
            discardOutput()
        case 7:
            forgetInput()
            discardInput()
        case 8:
            output.discard()
            forgetInput()
            discardBuffers()
        case 9, 10:
            input.terminator = nature.terminators[script.number(below: nature.terminators.count)]
            setTerminator(input.terminator.terminator)
        case 11:
            // A second look decides, or no script would get far.
            if script.byte() >= 192 { close() }
        case 12: gathers.toggle()
        case 13: outputBufferByteCount = 1 + Int(script.byte())
        case 14: inputBufferByteCount = 1 + Int(script.byte())
        default: interestMayHaveChanged()
        }
    }

    private func forgetInput() {
        input.buffer = []
        deliveryIsOver = true
    }

    // MARK: - Pushing

    /// No two stretches of what is pushed look the same.
    private func nextBytes() -> [UInt8] {
        makeBytes(script.number(below: 64))
    }

    fileprivate func makeBytes(_ byteCount: Int) -> [UInt8] {
        let range = pushedByteCount..<pushedByteCount + byteCount
        pushedByteCount += byteCount
        return range.map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    }

    private func pushKept(_ bytes: [UInt8]) {
        output.push(.bytes(bytes))
        push(bytes)
    }

    private func pushLent(_ bytes: [UInt8]) {
        output.push(.bytes(bytes))
        // Lent means that the memory is someone else's afterwards.
        var lent = bytes
        push(lent.span.bytes)
        for index in lent.indices { lent[index] = 0xEE }
    }

    /// The ready-made ones: a byte string, or pieces of one.
    private func pushProducer(of bytes: [UInt8]) {
        if script.number(below: 2) == 0 {
            output.push(.bytes(bytes))
            pushWithProducer(bytes)
        } else {
            pushProducer(FuzzedProducer(pieces: [bytes.count / 2, bytes.count - bytes.count / 2], channel: self))
        }
    }

    private func pushProducer() {
        let pieces = (0..<script.number(below: 4)).map { _ in script.number(below: 40) }
        pushProducer(FuzzedProducer(pieces: pieces, channel: self))
    }

    private func pushProducer(_ producer: FuzzedProducer) {
        output.push(.producer(producer))
        pushWithProducer(producer)
    }

    /// A producer is asked.
    fileprivate func more(of producer: FuzzedProducer, _ make: () -> [UInt8]?) throws -> [UInt8]? {
        expect(isOpen, "A closed channel asks a producer.")
        expect(!isInSend && !isInProducer, "A producer is asked while something else is being sent.")
        if isInHandleClose { output.passCloses() }
        expect(output.entries.first?.isProducer(producer) ?? false, "A producer is asked before its turn.")
        isInProducer = true
        defer { isInProducer = false }
        let discards = output.discards
        try act(.producing)
        let piece = make()
        guard output.discards == discards else { return piece }
        if let piece, !piece.isEmpty { output.produced(piece) } else { output.removeFirst() }
        return piece
    }

    // MARK: - The socket

    override func readable() -> Bool { takesReads }

    override func writable() -> Bool { takesWrites && super.writable() }

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        expect(isOpen, "A closed channel receives.")
        expect(buffer.count >= inputBufferByteCount, "A read has room for \(buffer.count) bytes only.")
        deliveryIsOver = true
        switch script.number(below: 16) {
        case 0, 1: return .wouldBlock
        case 2:
            deliveryIsOver = false
            return .endOfStream
        case 3:
            throw SystemError(doing: "receive", code: script.number(below: 2) == 0 ? ECONNRESET : ETIMEDOUT)
        default:
            let bytes = nature.alphabet.spell(script.bytes(min(1 + script.number(below: 48), inputBufferByteCount)))
            guard !bytes.isEmpty else { return .wouldBlock }
            buffer.copyBytes(from: bytes)
            input.buffer += bytes
            deliveryIsOver = false
            return .bytes(bytes.count)
        }
    }

    override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        expect(isOpen, "A closed channel sends.")
        expect(!isInSend && !isInProducer, "Something is sent while something else is being sent.")
        expect(!bytes.isEmpty, "Nothing is sent.")
        expect(gathers || bytes.count <= outputBufferByteCount, "\(bytes.count) bytes are offered at once.")
        if isInHandleClose { output.passCloses() }
        let due = output.dueBytes
        expect(due.starts(with: bytes), "\(Array(bytes)) is sent where \(due) is due.")
        isInSend = true
        defer { isInSend = false }
        let discards = output.discards
        try? act(.sending)
        let accepted: Int
        switch script.number(below: 8) {
        case 0, 1, 2, 3: accepted = bytes.count
        case 4, 5: accepted = script.number(below: bytes.count + 1)
        case 6: accepted = 0
        default:
            throw SystemError(doing: "send", code: script.number(below: 2) == 0 ? EPIPE : ENOBUFS)
        }
        if output.discards == discards { output.sent(accepted) }
        return accepted
    }

    // MARK: - Callbacks

    override func handleRead() throws {
        try super.handleRead()
        checkDelivered()
        deliveryIsOver = true
    }

    override func handleReceived(_ bytes: RawSpan) {
        expect(isOpen, "A closed channel is told what was received.")
        expect(input.buffer.suffix(bytes.byteCount).elementsEqual(bytes.bytes), "What was received is told wrongly.")
        try? act(.callback)
    }

    override func handleStretch(_ bytes: RawSpan, terminatorByteCount: Int?) throws {
        expect(isOpen, "A closed channel gets data.")
        expect(!deliveryIsOver, "Data comes after the read was over.")
        isDelivering = true
        defer { isDelivering = false }
        var before = input
        let step = before.takeStep()
        expect(
            bytes.bytes == Array(input.buffer.prefix(step.consumedByteCount))
                && terminatorByteCount == step.terminatorByteCount,
            "\(bytes.bytes), ending in \(terminatorByteCount ?? -1) bytes of terminator, comes where \(step) is due."
        )
        input = before
        deliveryIsOver = step.waits
        dueEvents = step.content.isEmpty ? [] : [.collect(step.content)]
        if step.terminatorByteCount != nil { dueEvents.append(.found) }
        defer { dueEvents = [] }
        try super.handleStretch(bytes, terminatorByteCount: terminatorByteCount)
        expect(dueEvents.isEmpty || !isOpen, "\(dueEvents) was due and not called.")
    }

    override func collectIncomingData(_ data: RawSpan) throws {
        try take(.collect(data.bytes))
    }

    override func foundTerminator() throws {
        try take(.found)
    }

    private func take(_ event: ReferenceChat.Event) throws {
        expect(isOpen, "A closed channel is told \(event).")
        expect(dueEvents.first == event, "\(event) is told where \(dueEvents) is due.")
        if !dueEvents.isEmpty { dueEvents.removeFirst() }
        try act(.throwingCallback)
    }

    override func handleSent(byteCount: Int) {
        expect(byteCount > 0, "Nothing was sent, and it is told.")
        try? act(.callback)
    }

    override func handleWriteShutdown() {
        expect(isOpen, "A closed channel is told that its stream ended.")
        if isInHandleClose { output.passCloses() }
        expect(output.entries.first?.isShutdownWrite ?? false, "The stream is ended before everything is sent.")
        if !output.entries.isEmpty { output.removeFirst() }
        try? act(.callback)
    }

    override func handleEndOfStream() {
        expect(isOpen, "A closed channel is told that the peer's stream ended.")
        try? act(.callback)
        if !nature.staysOpenAtEnd { end { super.handleEndOfStream() } }
    }

    override func handleDisconnect(_ error: SystemError) {
        try? act(.callback)
        if !nature.survivesDisconnects { end { super.handleDisconnect(error) } }
    }

    override func handleError(_ error: any Error) {
        if let raised = error as? Raised {
            if raised.isProducers { toldOfProducers += 1 } else { toldOfCallbacks += 1 }
        }
        try? act(.callback)
        if !nature.survivesErrors { end { super.handleError(error) } }
    }

    /// The loop is told of an error: what failed inside `handleError` ends the channel next, without another call of it.
    func noteReport() {
        if isOpen, !isInHandleClose { isEnding = true }
    }

    private func end(_ ending: () -> Void) {
        isEnding = true
        ending()
        isEnding = false
    }

    override func handleClose() {
        expect(isOpen, "A closed channel is told that it is over.")
        expect(!isInHandleClose, "A channel is told that it is over while it ends.")
        isInHandleClose = true
        defer { isInHandleClose = false }
        if !isEnding {
            expect(output.entries.first?.isClose ?? false, "The channel ends before everything is sent.")
            if !output.entries.isEmpty { output.removeFirst() }
        }
        isEnding = false
        try? act(.callback)
        close()
    }

    override func close() {
        if isOpen { closeCount += 1 }
        super.close()
    }
}

/// Makes pieces of so many bytes; what else happens while it is asked, its channel's script says.
private final class FuzzedProducer: Producer {
    private var pieces: [Int]
    private unowned let channel: FuzzedChannel

    init(pieces: [Int], channel: FuzzedChannel) {
        self.pieces = pieces
        self.channel = channel
    }

    func more() throws -> [UInt8]? {
        try channel.more(of: self) {
            pieces.isEmpty ? nil : channel.makeBytes(pieces.removeFirst())
        }
    }
}

extension RawSpan {
    /// A copy.
    fileprivate var bytes: [UInt8] { withUnsafeBytes(Array.init) }
}
