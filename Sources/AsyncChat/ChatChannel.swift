/// A connection that talks in messages: what arrives is cut at terminators, what is to be sent waits in a FIFO of bytes
/// and producers (asynchat's `async_chat`).
///
/// A subclass implements `collectIncomingData(_:)`, which gets the bytes of a message as they come, and
/// `foundTerminator()`, which is called when the message is complete; it names what ends the next one with
/// `setTerminator(_:)`. Bytes given to a callback are only lent for the call. After `close()` no further data callback
/// comes, even in the middle of a read; what was not delivered stays visible in `pendingInput`. Loop thread only.
open class ChatChannel: Dispatcher {
    /// How many bytes one read event receives at most (`ac_in_buffer_size`).
    public var inputBufferByteCount: Int = 65536 {
        didSet { precondition(inputBufferByteCount >= 1, "a channel receives at least one byte at a time") }
    }
    /// How many bytes one send offers at most, and how `push` cuts (`ac_out_buffer_size`).
    public var outputBufferByteCount: Int = 65536 {
        didSet { precondition(outputBufferByteCount >= 1, "a channel sends at least one byte at a time") }
    }
    /// Sends until the kernel takes no more, instead of asynchat's one send per write event, and offers all of an item.
    public var gathers = false

    /// What is waiting to be sent.
    public private(set) var fifo = ProducerFIFO()
    /// What this channel has done so far.
    public private(set) var statistics = ChannelStatistics()

    private var scan = Scan()
    private var input: [UInt8] = []
    /// What a producer threw during a push.
    private var producerFailure: (any Error)?
    /// A producer or the socket is at work: what is pushed meanwhile only queues.
    private var isSending = false

    /// What every step of a read looks at: kept together, because each look at a class's variable costs a check.
    private struct Scan {
        var scanner = TerminatorScanner()
        /// Changes when what was received is thrown away, so that the read at hand keeps nothing of it.
        var serial: UInt64 = 0
        /// The read at hand is over: a callback closed the channel, or took its input at the end of the stream, or threw it
        /// away. What the buffer held of it is nobody's then.
        var isOver = false

        mutating func step(in buffer: RawSpan, from position: Int) -> TerminatorScanner.Step? {
            isOver ? nil : scanner.step(in: buffer, from: position)
        }
    }

    // MARK: - Messages in

    /// What ends the current message; a count is what is left of it (`get_terminator`).
    public final var terminator: Terminator { scan.scanner.terminator }

    /// Names what ends the next message (`set_terminator`). Applies to the next byte, also inside a callback and to bytes
    /// already received. Bytes held back are looked at again when more arrive.
    ///
    /// An empty byte string, a count of 0 and `none` all mean *collect for ever*. A negative count is wrong use and traps.
    public final func setTerminator(_ terminator: Terminator) {
        scan.scanner.setTerminator(terminator)
    }

    /// Received but not delivered: a beginning of the terminator, or what a callback left behind by closing or throwing.
    /// While a read is being delivered it is empty: what is left is known only when that is done.
    public final var pendingInput: [UInt8] { input }

    /// How many bytes `pendingInput` has.
    public final var pendingInputByteCount: Int { input.count }

    /// Gets the bytes of a message as they come, never empty and never with the terminator (`collect_incoming_data`).
    open func collectIncomingData(_ data: RawSpan) throws {}

    /// The message is complete (`found_terminator`).
    open func foundTerminator() throws {}

    /// Sees everything received, exactly as it came and before it is scanned: the tee of a relay. Default: nothing.
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

    open override func handleRead() throws {
        let held = input.count
        let serial = scan.serial
        scan.isOver = false
        let buffer = loop.readBuffer.lend(byteCount: held + inputBufferByteCount)
        defer { loop.readBuffer.giveBack() }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[held..<held + inputBufferByteCount])
        let count: Int
        do {
            switch try recv(into: free) {
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
        if held > 0 {
            buffer.copyBytes(from: input)
            input.removeAll(keepingCapacity: true)
        }
        if count > 0 {
            statistics.reads += 1
            statistics.bytesIn += Int64(count)
            handleReceived(UnsafeRawBufferPointer(rebasing: buffer[held..<held + count]).bytes)
        }
        try deliver(UnsafeRawBufferPointer(rebasing: buffer[..<(held + count)]), serial: serial)
    }

    /// Delivers what the buffer holds, message by message, and keeps the rest, unless a callback throws it away and so
    /// changes the serial. What a callback gets is consumed before it is called, so that one that throws never sees the
    /// same bytes again.
    private func deliver(_ buffer: UnsafeRawBufferPointer, serial: UInt64) throws {
        var position = 0
        defer {
            if scan.serial == serial, position < buffer.count { input.append(contentsOf: buffer[position...]) }
        }
        while position < buffer.count, let step = scan.step(in: buffer.bytes, from: position) {
            let stretch: RawSpan
            let terminatorByteCount: Int?
            var isHolding = false
            switch step {
            case .collect(let range, let held):
                stretch = buffer.bytes.extracting(range)
                terminatorByteCount = nil
                position = range.upperBound
                isHolding = held > 0
            case .message(let range, let count):
                stretch = buffer.bytes.extracting(range.lowerBound..<range.upperBound + count)
                terminatorByteCount = count
                position = range.upperBound + count
            }
            if !stretch.isEmpty { try handleStretch(stretch, terminatorByteCount: terminatorByteCount) }
            if isHolding { return }
        }
    }

    // MARK: - Messages out

    /// Sends these bytes after everything pushed before (`push`). What the kernel does not take at once waits. Never throws,
    /// but may call hooks: `handleSent`, and where sending fails `handleFailure`, which may close the channel. On a closed
    /// channel it only queues.
    public final func push(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if gathers || bytes.count <= outputBufferByteCount {
            fifo.push(.bytes(bytes))
        } else {
            bytes.withUnsafeBytes { queue($0) }
        }
        attemptSend()
    }

    /// The same for bytes that are only lent: what the kernel takes at once is never copied.
    public final func push(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { push(lent: $0) }
    }

    /// Sends what a producer makes after everything pushed before (`push_with_producer`).
    public final func pushWithProducer(_ producer: any Producer) {
        fifo.push(.producer(producer))
        attemptSend()
    }

    /// The same for a byte string, which is sent in pieces but not cut beforehand.
    public final func pushWithProducer(_ bytes: [UInt8]) {
        fifo.push(.bytes(bytes))
        attemptSend()
    }

    /// Closes the channel once everything pushed before is sent (`close_when_done`): at the next write event, not now.
    public final func closeWhenDone() {
        fifo.push(.close)
        interestMayHaveChanged()
    }

    /// Ends the stream towards the peer once everything pushed before is sent; receiving goes on.
    public final func shutdownWriteWhenDone() {
        fifo.push(.shutdownWrite)
        attemptSend()
    }

    /// Throws away everything waiting in either direction, a pending close included (`discard_buffers`).
    public final func discardBuffers() {
        discardOutput()
        discardInput()
    }

    /// Throws away what was received and not delivered.
    public final func discardInput() {
        input = []
        scan.serial &+= 1
        scan.isOver = true
        setTerminator(terminator)
    }

    open override func close() {
        scan.isOver = true
        super.close()
    }

    override func handleAdoption() {
        discardInput()
    }

    /// Throws away everything waiting to be sent, a pending close and the rest of half-sent bytes included.
    public final func discardOutput() {
        // Producers are let go of only after the FIFO was changed: their deinit may push.
        let discarded = fifo
        fifo.removeAll()
        producerFailure = nil
        interestMayHaveChanged()
        withExtendedLifetime(discarded) {}
    }

    /// The kernel took bytes. Default: nothing.
    open func handleSent(byteCount: Int) {}

    /// The stream towards the peer was ended, after everything pushed before it. Default: nothing.
    open func handleWriteShutdown() {}

    open override func writable() -> Bool { !fifo.isEmpty || !isConnected }

    open override func handleWrite() throws {
        if let failure = producerFailure.take() { throw failure }
        try initiateSend()
    }

    /// The eager attempt that every push makes. Python's push throws what a producer throws here; ours has it thrown by the
    /// next write event, which ends in `handleError`.
    private func attemptSend() {
        interestMayHaveChanged()
        guard producerFailure == nil else { return }
        do {
            try initiateSend()
        } catch {
            producerFailure = error
        }
    }

    /// Works on the FIFO's oldest items: at most one send, or as many as the kernel takes if this channel gathers
    /// (`initiate_send`).
    private func initiateSend() throws {
        guard !isSending else { return }
        while isConnected {
            switch fifo.next() {
            case .nothing:
                return
            case .close:
                fifo.removeHead()
                endChannel()
                return
            case .shutdownWrite:
                fifo.removeHead()
                do { try shutdownWrite() } catch { return handleFailure(error, while: .sending) }
                handleWriteShutdown()
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
        let serial = fifo.headSerial
        isSending = true
        defer { isSending = false }
        let chunk = try producer.more() ?? []
        guard fifo.headSerial == serial else { return }
        if chunk.isEmpty { fifo.removeHead() } else { fifo.pushFront(chunk) }
    }

    /// One send of the head's bytes. True if all that was offered was taken.
    private func sendHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let offered = gathers ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(outputBufferByteCount))
        let serial = fifo.headSerial
        do {
            let count = try transmit(offered)
            if count > 0, fifo.headSerial == serial { fifo.sent(count) }
            if count > 0 { handleSent(byteCount: count) }
            return count == offered.count
        } catch {
            handleFailure(error, while: .sending)
            return false
        }
    }

    private func push(lent bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        guard fifo.isEmpty, isConnected, !isSending else {
            queue(bytes)
            // A gathering channel with bytes waiting knows already that the kernel takes no more.
            if !gathers || !fifo.beginsWithBytes { attemptSend() }
            return
        }
        let offered = gathers ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(outputBufferByteCount))
        do {
            let count = try transmit(offered)
            if count < bytes.count { queueRest(of: bytes, offered: offered.count, sent: count) }
            if count > 0 { handleSent(byteCount: count) }
        } catch {
            queue(bytes)
            handleFailure(error, while: .sending)
        }
    }

    /// The one place that sends. Nobody else's bytes get in between: what is pushed meanwhile queues behind.
    private func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        isSending = true
        defer { isSending = false }
        let count = try send(bytes)
        statistics.writes += 1
        statistics.bytesOut += Int64(count)
        if count < bytes.count { statistics.partialWrites += 1 }
        return count
    }

    /// Queues a copy: whole for a gathering channel, else cut as asynchat cuts.
    private func queue(_ bytes: UnsafeRawBufferPointer) {
        let pieceByteCount = gathers ? bytes.count : outputBufferByteCount
        var rest = bytes[...]
        while !rest.isEmpty {
            fifo.push(.bytes(Array(rest.prefix(pieceByteCount))))
            rest = rest.dropFirst(pieceByteCount)
        }
        interestMayHaveChanged()
    }

    /// Queues what was not sent of bytes of which the first `offered` were offered, cut where `queue` cuts: before anything
    /// that was pushed while the socket was at work.
    private func queueRest(of bytes: UnsafeRawBufferPointer, offered: Int, sent: Int) {
        for start in stride(from: offered, to: bytes.count, by: outputBufferByteCount).reversed() {
            fifo.pushFront(Array(bytes[start...].prefix(outputBufferByteCount)))
        }
        if sent < offered { fifo.pushFront(Array(bytes[sent..<offered])) }
        interestMayHaveChanged()
    }

    // MARK: - Failures

    /// A call on the socket failed. Default, the same for both activities: `handleDisconnect` where the peer is gone, else
    /// `handleError`.
    open func handleFailure(_ error: SystemError, while activity: ChannelActivity) {
        if error.isDisconnection { handleDisconnect(error) } else { handleError(error) }
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
