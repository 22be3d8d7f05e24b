/// A connection that talks in messages: what arrives is cut at terminators, what is to be sent waits in a FIFO of bytes
/// and producers (asynchat's `async_chat`).
///
/// A subclass implements `collectIncomingData(_:)`, which gets the bytes of a message as they come, and
/// `foundTerminator()`, which is called when the message is complete; it names what ends the next one with
/// `setTerminator(_:)`. Bytes given to a callback are only lent for the call. After `close()` no further data callback
/// comes, even in the middle of a read; what was not delivered stays visible in `pendingInput`. Loop thread only.
open class ChatChannel: Dispatcher {
    /// How many bytes one read event receives at most (`ac_in_buffer_size`); what is beyond four gigabytes counts as that.
    public final var inputBufferByteCount: Int {
        get { Int(sizes.input) }
        set {
            precondition(newValue >= 1, "a channel receives at least one byte at a time")
            sizes.input = UInt32(clamping: newValue)
        }
    }
    /// How many bytes one send offers at most, and how `push` cuts (`ac_out_buffer_size`); likewise.
    public final var outputBufferByteCount: Int {
        get { Int(sizes.output) }
        set {
            precondition(newValue >= 1, "a channel sends at least one byte at a time")
            sizes.output = UInt32(clamping: newValue)
        }
    }
    /// Sends until the kernel takes no more, instead of asynchat's one send per write event, and offers all of an item.
    public final var gathers: Bool {
        get { sizes.gathers }
        set { sizes.gathers = newValue }
    }

    /// What is waiting to be sent.
    public final var fifo: ProducerFIFO { queue }
    /// How many bytes of it there are.
    public final var waitingByteCount: Int { sending.isIdle ? 0 : queue.byteCount }
    /// What this channel has done so far.
    public final var statistics: ChannelStatistics { counts }

    // Reads and sends look at these all the time. Those that are plain values are changed in this file alone: so the compiler
    // sees that nobody looks at them while they change, and looking costs no check. The others are looked at when the plain
    // ones say that there is something.
    private var sizes = Sizes()
    private var reading = Reading()
    private var sending = Sending()
    private var counts = ChannelStatistics()

    /// In memory of its own: changed by way of a pointer, a step is not checked against looks from inside it, as it is in a
    /// class's variable. Safe: only this file has it, for as long as the channel lives, and what a step calls is nothing of
    /// ours (memchr(3), of which the compiler cannot know that). The check was a fifth of the instructions of hearing a message.
    private let scan: UnsafeMutablePointer<TerminatorScanner> = {
        let scan = UnsafeMutablePointer<TerminatorScanner>.allocate(capacity: 1)
        scan.initialize(to: TerminatorScanner())
        return scan
    }()
    private var queue = ProducerFIFO() { didSet { sending.isIdle = queue.isEmpty } }
    /// Nil as long as there is nothing of it.
    private var remains: Remains?
    private var onward: Onward?

    private struct Sizes {
        var input: UInt32 = 65536
        var output: UInt32 = 65536
        var gathers = false
    }

    private struct Reading {
        /// Changes when what was received is thrown away, so that the read at hand keeps nothing of it.
        var serial: UInt32 = 0
        /// How many bytes were moved, whatever is beyond 32 bits.
        var copiedByteCount: UInt32 = 0
        /// The read at hand is over: a callback closed the channel, or took its input at the end of the stream, or threw it
        /// away. What the buffer held of it is nobody's then.
        var isOver = false
        /// What was received is being delivered: what is left of it is known only when that is done.
        var isDelivering = false
        var hasLeftover = false
        /// What was received is being forwarded: `onward` is taken out, and nobody has named another meanwhile.
        var isForwarding = false

        mutating func copied(_ byteCount: Int) { copiedByteCount &+= UInt32(truncatingIfNeeded: byteCount) }
    }

    private struct Sending {
        /// How often the output was thrown away: bytes that the socket has in hand meanwhile are gone too.
        var discards: UInt32 = 0
        /// Nothing waits.
        var isIdle = true
        /// A producer has thrown, and nobody was told yet.
        var hasFailed = false
        /// A producer or the socket is at work: what is pushed meanwhile only queues.
        var isAtWork = false
    }

    /// Where what is received goes. No copy can be made of it, so that it is taken out, used and put back: a look at a plain
    /// reference would retain and release it for each read, with locked instructions.
    private struct Onward: ~Copyable {
        let channel: ChatChannel
    }

    /// What seldom remains of an event.
    private final class Remains {
        /// Received, and left behind by a callback that closed, threw or named another terminator. While there is any the
        /// scanner holds nothing back.
        var leftover = Leftover()
        /// What a producer threw during a push.
        var producerFailure: (any Error)?
    }

    deinit {
        scan.deinitialize(count: 1)
        scan.deallocate()
    }

    // MARK: - Messages in

    /// What ends the current message; a count is what is left of it (`get_terminator`).
    public final var terminator: Terminator { scan.pointee.terminator }

    /// Names what ends the next message (`set_terminator`). Applies to the next byte, also inside a callback and to bytes
    /// already received. Bytes held back are looked at again when more arrive.
    ///
    /// An empty byte string, a count of 0 and `none` all mean *collect for ever*. A negative count is wrong use and traps.
    public final func setTerminator(_ terminator: Terminator) {
        if scan.pointee.heldByteCount > 0, !reading.isDelivering { keepWhatIsHeld() }
        scan.pointee.setTerminator(terminator)
    }

    /// Received but not delivered: a beginning of the terminator, or what a callback left behind by closing or throwing.
    /// While a read is being delivered it is empty: what is left is known only when that is done.
    public final var pendingInput: [UInt8] {
        if reading.isDelivering { return [] }
        return leftover?.bytes ?? Array(scan.pointee.heldBytes)
    }

    /// How many bytes `pendingInput` has.
    public final var pendingInputByteCount: Int {
        reading.isDelivering ? 0 : leftover?.count ?? scan.pointee.heldByteCount
    }

    private var leftover: Leftover? { reading.hasLeftover ? remains?.leftover : nil }

    /// How many bytes were moved because they could not be delivered where they were received.
    final var copiedInputByteCount: Int { Int(reading.copiedByteCount) }

    /// Gets the bytes of a message as they come, never empty and never with the terminator (`collect_incoming_data`).
    open func collectIncomingData(_ data: RawSpan) throws {}

    /// The message is complete (`found_terminator`).
    open func foundTerminator() throws {}

    /// Has everything that is received from now on pushed to another channel, at once and before anything else is done with it:
    /// a relay is two channels that forward to each other. Holds it until another, or nil, is named instead; where it closes,
    /// what it is given queues, so its owner names nil then.
    public final func forward(to channel: ChatChannel?) {
        // The one before is let go of only after this was changed: its deinit may call this channel.
        let former = onward.take()
        reading.isForwarding = false
        if let channel { onward = Onward(channel: channel) }
        _ = consume former
    }

    /// The end of the stream goes where the bytes are forwarded to: `handleEndOfStream` calls its `shutdownWriteWhenDone` before it
    /// returns. Asked where the peer is known to have ended, before the last bytes are pushed and after: if so, that hook follows at
    /// once, before what they mean is looked at, and they and the end can leave in one segment. Who changes the answer in between, or
    /// names another channel to forward to, may have the last of them wait in the kernel for up to 200 ms. Default: no.
    open var forwardsEndOfStream: Bool { false }

    /// Sees everything received, exactly as it came, forwarded and not scanned yet: the tee of a relay. Default: nothing.
    open func handleReceived(_ bytes: RawSpan) {}

    /// Gets a stretch of the stream as it was on the wire. Default: asynchat's two callbacks.
    ///
    /// - Parameters:
    ///   - bytes: content, then the terminator if one ends it.
    ///   - terminatorByteCount: nil if the message goes on; else it ends here, and its last so many bytes are the
    ///     terminator: 0 for a count.
    open func handleStretch(_ bytes: RawSpan, terminatorByteCount: Int?) throws {
        let content = bytes.extracting(droppingLast: terminatorByteCount ?? 0)
        if !content.isEmpty { try collectIncomingData(content) }
        if terminatorByteCount != nil, isOpen { try foundTerminator() }
    }

    /// Can what comes be taken? Asked before each read, as earlier events of the turn may have changed it; if not, nothing is
    /// received, and the event comes again as long as the channel is `readable`. Default: yes.
    open func hasRoomForInput() -> Bool { true }

    open override func handleRead() throws {
        guard hasRoomForInput() else { return }
        let held = scan.pointee.heldByteCount
        let serial = reading.serial
        reading.isOver = false
        // What was held back goes in front, if it turns out that it has to be delivered: there is room for it.
        let buffer = loop.lendReadBuffer(byteCount: held + inputBufferByteCount)
        defer { loop.giveBackReadBuffer() }
        let start = buffer + held
        let free = UnsafeMutableRawBufferPointer(start: start, count: inputBufferByteCount)
        var count: Int
        var endFollows = false
        do {
            switch try receive(into: free) {
            case .wouldBlock:
                return
            case .endOfStream:
                noteEndOfStream()
                handleEndOfStream()
                count = 0
            case .bytes(let received):
                count = received
            }
        } catch {
            return handleFailure(error, while: .receiving)
        }
        if _slowPath(hasPeerEnded), count > 0, count < free.count, forwardsEndOfStream {
            endFollows = readOn(in: free, behind: &count)
        }
        assert(count <= free.count, "more was received than there was room for")
        let received = UnsafeRawBufferPointer(start: start, count: count)
        if count > 0 {
            counts.reads += 1
            counts.bytesIn += Int64(count)
            // Not in a function of its own: see `serve` for what returning from one costs behind a system call.
            if let target = onward.take() {
                reading.isForwarding = true
                target.channel.push(lent: received, endFollows: endFollows)
                if reading.isForwarding { onward = consume target }
                reading.isForwarding = false
            }
            // If not now, it is read again.
            if endFollows, !reading.isOver, forwardsEndOfStream {
                noteEndOfStream()
                handleEndOfStream()
            }
            // What the other met may have closed this one too.
            if !reading.isOver { handleReceived(received.bytes) }
        }
        // A hook may have thrown away what was received before, this read included, or named another terminator.
        guard reading.serial == serial else { return }
        if reading.hasLeftover {
            keep(received)
            try deliverLeftover()
        } else if held > 0 {
            try deliver(UnsafeMutableRawBufferPointer(start: buffer, count: held + count), behind: held)
        } else {
            try deliver(received)
        }
    }

    /// The peer has ended its stream: receives once more, behind what has just come, which grows by it. True if that was all.
    private func readOn(in buffer: UnsafeMutableRawBufferPointer, behind count: inout Int) -> Bool {
        do {
            switch try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...])) {
            case .wouldBlock: return false
            case .endOfStream: return true
            case .bytes(let more):
                counts.reads += 1
                count += more
                return false
            }
        } catch {
            // After what came before it.
            loop.afterEvent { [self] in
                if isOpen { handleFailure(error, while: .receiving) }
            }
            return false
        }
    }

    /// Delivers what a read brought, message by message, and keeps the rest, unless a callback throws it away and so changes
    /// the serial.
    private func deliver(_ received: UnsafeRawBufferPointer) throws {
        let serial = reading.serial
        var position = 0
        reading.isDelivering = true
        defer {
            reading.isDelivering = false
            // Bytes that the scanner holds back are the beginning of its terminator, and need no keeping.
            if received.count - position > scan.pointee.heldByteCount, reading.serial == serial {
                keep(UnsafeRawBufferPointer(rebasing: received[position...]))
            }
        }
        try deliver(received.bytes, from: &position)
    }

    /// The same for what a read brought behind bytes held back.
    private func deliver(_ buffer: UnsafeMutableRawBufferPointer, behind held: Int) throws {
        // As it is now: a callback may name another terminator while the beginning of this one is still to be delivered.
        var beginning = Beginning(scan.pointee.delimiterBytes, byteCount: held)
        let serial = reading.serial
        var position = 0
        reading.isDelivering = true
        defer {
            reading.isDelivering = false
            if buffer.count - position > scan.pointee.heldByteCount, reading.serial == serial {
                reading.copied(beginning.restore(in: buffer))
                keep(UnsafeRawBufferPointer(rebasing: buffer[position...]))
                // What was held back is among them, where a hook closed the channel before anything was delivered.
                scan.pointee.setTerminator(terminator)
            }
        }
        let bytes = UnsafeRawBufferPointer(buffer).bytes
        while position < bytes.byteCount, let step = step(in: bytes, from: position) {
            let stretch = Stretch(step)
            position = stretch.bytes.upperBound
            if stretch.bytes.upperBound <= held {
                try hand(over: stretch, of: beginning.terminator.span.bytes)
            } else {
                reading.copied(beginning.restore(in: buffer))
                try hand(over: stretch, of: bytes)
            }
            if stretch.isHolding { return }
        }
    }

    /// The same for what earlier reads left behind: it is delivered from where it is kept.
    private func deliverLeftover() throws {
        let serial = reading.serial
        var kept = takeLeftover()
        var position = 0
        reading.isDelivering = true
        defer {
            reading.isDelivering = false
            if reading.serial == serial, kept.count - position > scan.pointee.heldByteCount {
                kept.removeFirst(position)
                setLeftover(kept)
            } else {
                forgetRemainsIfNone()
            }
        }
        try kept.withUnsafeBytes { try deliver($0.bytes, from: &position) }
    }

    /// From a position on, which moves: what a callback gets is consumed before it is called, so that one that throws never
    /// sees the same bytes again.
    @inline(__always)
    private func deliver(_ bytes: RawSpan, from position: inout Int) throws {
        while position < bytes.byteCount, let step = step(in: bytes, from: position) {
            let stretch = Stretch(step)
            position = stretch.bytes.upperBound
            try hand(over: stretch, of: bytes)
            if stretch.isHolding { return }
        }
    }

    private func step(in buffer: RawSpan, from position: Int) -> TerminatorScanner.Step? {
        if reading.isOver { return nil }
        return scan.pointee.step(in: buffer, from: position)
    }

    private func hand(over stretch: Stretch, of buffer: RawSpan) throws {
        guard !stretch.bytes.isEmpty else { return }
        try handleStretch(buffer.extracting(stretch.bytes), terminatorByteCount: stretch.terminatorByteCount)
    }

    /// The beginning of a terminator that was held back before this read: its place in the buffer stays empty until somebody
    /// is to see it.
    private struct Beginning {
        let terminator: [UInt8]
        private let byteCount: Int
        private var isRestored = false

        init(_ terminator: [UInt8], byteCount: Int) {
            self.terminator = terminator
            self.byteCount = byteCount
        }

        /// Puts it in front of what was received; returns how many bytes that moved.
        mutating func restore(in buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard !isRestored else { return 0 }
            isRestored = true
            buffer.copyBytes(from: terminator[..<byteCount])
            return byteCount
        }
    }

    /// What one step of the scanner says to deliver.
    private struct Stretch {
        /// Content, and the terminator if one ends it.
        let bytes: Range<Int>
        let terminatorByteCount: Int?
        /// What follows may be a terminator's beginning: more has to come before that is known.
        let isHolding: Bool

        init(_ step: TerminatorScanner.Step) {
            switch step {
            case .collect(let range, let held):
                bytes = range
                terminatorByteCount = nil
                isHolding = held > 0
            case .message(let range, let count):
                bytes = range.lowerBound..<range.upperBound + count
                terminatorByteCount = count
                isHolding = false
            }
        }
    }

    /// The terminator is about to be another one: what is held back of it becomes bytes to be scanned again.
    private func keepWhatIsHeld() {
        scan.pointee.heldBytes.withUnsafeBytes { keep($0) }
    }

    /// Puts bytes behind what was left behind already.
    private func keep(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        reading.copied(makeRemains().leftover.append(bytes))
        reading.hasLeftover = true
    }

    /// Takes it out for a moment: `setLeftover` follows.
    private func takeLeftover() -> Leftover {
        guard reading.hasLeftover, let remains else { return Leftover() }
        let leftover = remains.leftover
        remains.leftover = Leftover()
        reading.hasLeftover = false
        return leftover
    }

    private func setLeftover(_ leftover: Leftover) {
        guard !leftover.isEmpty else { return forgetRemainsIfNone() }
        makeRemains().leftover = leftover
        reading.hasLeftover = true
    }

    private func makeRemains() -> Remains {
        if let remains { return remains }
        let made = Remains()
        remains = made
        return made
    }

    private func forgetRemainsIfNone() {
        if !reading.hasLeftover, !sending.hasFailed { remains = nil }
    }

    // MARK: - Messages out

    /// Sends these bytes after everything pushed before (`push`). What the kernel does not take at once waits. Never throws,
    /// but may call hooks: `handleSent`, and where sending fails `handleFailure`, which may close the channel. On a closed
    /// channel it only queues.
    public final func push(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if maySendAhead || (!gathers && bytes.count > outputBufferByteCount) {
            bytes.withUnsafeBytes { push(lent: $0) }
        } else {
            queue.push(.bytes(bytes))
            attemptSend()
        }
    }

    /// The same for bytes that are only lent: what the kernel takes at once is never copied.
    public final func push(_ bytes: RawSpan) {
        // Theirs as long as this call lasts, and that is how long they are used; a closure would be a frame more.
        push(lent: bytes.withUnsafeBytes { $0 })
    }

    /// Sends what a producer makes after everything pushed before (`push_with_producer`).
    public final func pushWithProducer(_ producer: any Producer) {
        queue.push(.producer(producer))
        attemptSend()
    }

    /// The same for a byte string, which is sent in pieces but not cut beforehand.
    public final func pushWithProducer(_ bytes: [UInt8]) {
        queue.push(.bytes(bytes))
        attemptSend()
    }

    /// Closes the channel once everything pushed before is sent (`close_when_done`): at the next write event, not now.
    public final func closeWhenDone() {
        queue.push(.close)
        interestMayHaveChanged()
    }

    /// Ends the stream towards the peer once everything pushed before is sent; receiving goes on.
    public final func shutdownWriteWhenDone() {
        guard maySendAhead, !sending.hasFailed else {
            queue.push(.shutdownWrite)
            return attemptSend()
        }
        interestMayHaveChanged()
        _ = endStream()
    }

    /// False if that failed.
    private func endStream() -> Bool {
        do {
            try shutdownWrite()
        } catch {
            handleFailure(error, while: .sending)
            return false
        }
        handleWriteShutdown()
        return true
    }

    /// Throws away everything waiting in either direction, a pending close included (`discard_buffers`).
    public final func discardBuffers() {
        discardOutput()
        discardInput()
    }

    /// Throws away what was received and not delivered.
    public final func discardInput() {
        if reading.hasLeftover {
            _ = takeLeftover()
            forgetRemainsIfNone()
        }
        reading.serial &+= 1
        reading.isOver = true
        scan.pointee.setTerminator(terminator)
    }

    open override func close() {
        reading.isOver = true
        super.close()
    }

    override func handleAdoption() {
        discardInput()
    }

    /// Throws away everything waiting to be sent, a pending close and the rest of half-sent bytes included.
    public final func discardOutput() {
        // Producers are let go of only after the FIFO was changed: their deinit may push.
        let discarded = queue
        queue.removeAll()
        sending.discards &+= 1
        _ = takeProducerFailure()
        interestMayHaveChanged()
        withExtendedLifetime(discarded) {}
    }

    /// The kernel took bytes. Default: nothing.
    open func handleSent(byteCount: Int) {}

    /// The stream towards the peer was ended, after everything pushed before it. Default: nothing.
    open func handleWriteShutdown() {}

    open override func writable() -> Bool { !sending.isIdle || !isConnected }

    open override func handleWrite() throws {
        if let failure = takeProducerFailure() { throw failure }
        try initiateSend()
    }

    /// The eager attempt that every push makes. Python's push throws what a producer throws here; ours has it thrown by the
    /// next write event, which ends in `handleError`.
    private func attemptSend() {
        interestMayHaveChanged()
        guard !sending.hasFailed else { return }
        do {
            try initiateSend()
        } catch {
            makeRemains().producerFailure = error
            sending.hasFailed = true
        }
    }

    private func takeProducerFailure() -> (any Error)? {
        guard sending.hasFailed, let failure = remains?.producerFailure.take() else { return nil }
        sending.hasFailed = false
        forgetRemainsIfNone()
        return failure
    }

    /// Works on the FIFO's oldest items: at most one send, or as many as the kernel takes if this channel gathers
    /// (`initiate_send`).
    private func initiateSend() throws {
        guard !sending.isAtWork else { return }
        while isConnected {
            switch queue.next() {
            case .nothing:
                return
            case .close:
                queue.removeHead()
                endChannel()
                return
            case .shutdownWrite:
                queue.removeHead()
                guard endStream() else { return }
            case .ask(let producer):
                try refill(from: producer)
            case .send(let bytes, let offset):
                let goesOn = bytes.withUnsafeBytes { sendHead(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
                guard gathers, goesOn else { return }
            }
        }
    }

    /// Asks a producer for its next chunk. It stays at the head until it says that it has no more.
    private func refill(from producer: any Producer) throws {
        let serial = queue.headSerial
        sending.isAtWork = true
        defer { sending.isAtWork = false }
        let chunk = try producer.more() ?? []
        guard queue.headSerial == serial else { return }
        if chunk.isEmpty { queue.removeHead() } else { queue.pushFront(chunk) }
    }

    /// One send of the head's bytes. True if all that was offered was taken.
    private func sendHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let offered = gathers ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(outputBufferByteCount))
        let serial = queue.headSerial
        do {
            let count = try sendCounting(offered)
            if count > 0, queue.headSerial == serial { queue.sent(count) }
            if count > 0 { handleSent(byteCount: count) }
            return count == offered.count
        } catch {
            handleFailure(error, while: .sending)
            return false
        }
    }

    /// Nothing waits and nobody sends: what is pushed now can go to the socket without waiting in the FIFO.
    private var maySendAhead: Bool { sending.isIdle && isConnected && !sending.isAtWork }

    @inline(__always)
    private func push(lent bytes: UnsafeRawBufferPointer, endFollows: Bool = false) {
        guard !bytes.isEmpty else { return }
        guard _fastPath(maySendAhead) else { return pushBehind(bytes) }
        let offered = _fastPath(gathers) ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(outputBufferByteCount))
        let discards = sending.discards
        do {
            let count = try sendCounting(offered, endFollows: endFollows)
            if _slowPath(count < bytes.count), discards == sending.discards {
                queueRest(of: bytes, offered: offered.count, sent: count)
            }
            if count > 0 { handleSent(byteCount: count) }
        } catch {
            if discards == sending.discards { queueRest(of: bytes, offered: offered.count, sent: 0) }
            handleFailure(error, while: .sending)
        }
    }

    private func pushBehind(_ bytes: UnsafeRawBufferPointer) {
        queue(bytes)
        // A gathering channel with bytes waiting knows already that the kernel takes no more.
        if !gathers || !queue.beginsWithBytes { attemptSend() }
    }

    /// The one place that sends. Nobody else's bytes get in between: what is pushed meanwhile queues behind.
    @inline(__always)
    private func sendCounting(
        _ bytes: UnsafeRawBufferPointer,
        endFollows: Bool = false
    ) throws(SystemError) -> Int {
        sending.isAtWork = true
        defer { sending.isAtWork = false }
        let count = try transmit(bytes, endFollows: endFollows)
        counts.writes += 1
        counts.bytesOut += Int64(count)
        if _slowPath(count < bytes.count) { counts.partialWrites += 1 }
        return count
    }

    /// Queues a copy: whole for a gathering channel, else cut as asynchat cuts.
    private func queue(_ bytes: UnsafeRawBufferPointer) {
        let pieceByteCount = gathers ? bytes.count : outputBufferByteCount
        var rest = bytes[...]
        while !rest.isEmpty {
            queue.push(.bytes(Array(rest.prefix(pieceByteCount))))
            rest = rest.dropFirst(pieceByteCount)
        }
        interestMayHaveChanged()
    }

    /// Queues what was not sent of bytes of which the first `offered` were offered, cut where `queue` cuts: before anything
    /// that was pushed while the socket was at work.
    private func queueRest(of bytes: UnsafeRawBufferPointer, offered: Int, sent: Int) {
        for start in stride(from: offered, to: bytes.count, by: outputBufferByteCount).reversed() {
            queue.pushFront(Array(bytes[start...].prefix(outputBufferByteCount)))
        }
        if sent < offered { queue.pushFront(Array(bytes[sent..<offered])) }
        interestMayHaveChanged()
    }

    // MARK: - Failures

    /// A call on the socket failed. Default, the same for both activities: `handleDisconnect` where the peer is gone, else
    /// `handleError`.
    open func handleFailure(_ error: SystemError, while activity: ChannelActivity) {
        if error.isDisconnection { handleDisconnect(error) } else { fail(with: error) }
    }
}

/// What a channel was doing with its socket.
public enum ChannelActivity: Sendable {
    /// recv(2)
    case receiving
    /// send(2), or shutdown(2) of the sending side
    case sending
}

/// What a channel has done so far.
public struct ChannelStatistics: Equatable, Sendable {
    /// Bytes received.
    public internal(set) var bytesIn: Int64 = 0
    /// Bytes the kernel took.
    public internal(set) var bytesOut: Int64 = 0
    /// Calls that received bytes.
    public internal(set) var reads: Int64 = 0
    /// Calls that sent.
    public internal(set) var writes: Int64 = 0
    /// Calls that sent less than was offered.
    public internal(set) var partialWrites: Int64 = 0
}
