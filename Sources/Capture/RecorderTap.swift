package import Traffic

/// Listens on one loop and takes down what it hears, for the writer. Confined to the loop's thread.
///
/// While recording is suspended it takes down no message but counts each, keeps the endings of sessions that have a row
/// and remembers which live ones have none: so its memory is bounded by the live sessions, and the record is whole again
/// from the moment recording goes on.
package final class RecorderTap: MessageObserver, RoomKeeper {
    private let commons: RecorderCommons
    private let handOff: HandOff
    private let state: RecordingState
    private let gauges = TapGauges()
    private let number: UInt32
    private let handOverAge: Int64
    private let handOverByteCount: Int
    private let stallLimit: Int64
    private let drops: Bool
    /// By route; nil where all of every route is recorded.
    private let depths: [PerDirection<CaptureDepth>]?

    /// What is known of a session that opened while recording was suspended.
    private struct Unintroduced {
        let opening: SessionOpening
        var connection: Batch.Connection?
        var recognition: Batch.Recognition?
    }

    /// The open one. In memory of its own: used by way of a pointer it is not checked against uses from inside the use, as it
    /// would be in a class's variable. Safe: only this file has it, for as long as the tap lives, and what changes a batch is the
    /// batch's own and the hand-off's, which know no tap. The check took a tenth of the instructions of taking a message down.
    private let batch: UnsafeMutablePointer<Batch> = {
        let batch = UnsafeMutablePointer<Batch>.allocate(capacity: 1)
        batch.initialize(to: Batch())
        return batch
    }()
    /// The part of the open batch that the hand-off knows of.
    private var countedBytes = 0
    private var countedMessages = 0
    private var uncountedBytes: Int { batch.pointee.byteCount - countedBytes }
    /// Monotonic nanoseconds, of the first turn that left something in the open batch.
    private var openSince: Int64?
    /// Live sessions whose opening was put into a batch.
    private var introduced: Set<SessionID> = []
    /// Live sessions that opened while recording was suspended.
    private var unintroduced: [SessionID: Unintroduced] = [:] { didSet { owesIntroductions = !unintroduced.isEmpty } }
    private var owesIntroductions = false
    /// Counts the times this loop was behind.
    private var episode: UInt64 = 0
    private var isDropping = false

    init(_ commons: RecorderCommons, wake: @escaping @Sendable () -> Void) {
        self.commons = commons
        handOff = commons.handOff
        state = commons.state
        number = commons.register(gauges, wake: wake)
        handOverAge = commons.configuration.handOverAge.wholeNanoseconds
        handOverByteCount = min(Batch.fullByteCount, commons.configuration.bufferByteCount / 8)
        stallLimit = commons.configuration.stallLimit.wholeNanoseconds
        drops = commons.configuration.whenBehind == .drop
        let depths = commons.configuration.depths
        self.depths = depths.contains { $0.upstream == .off || $0.downstream == .off } ? depths : nil
    }

    deinit {
        batch.deinitialize(count: 1)
        batch.deallocate()
    }

    // MARK: - The loop

    /// To be called after every turn. Hands over what is large or old enough, and notices a writer that hangs.
    ///
    /// - Returns: when to call again at the latest, on the same clock; nil if nothing is due.
    package func tend(now: Int64) -> Int64? {
        count()
        guard state.isRecording else { return nil }
        introduceAll()
        if batch.pointee.byteCount > 0, openSince == nil { opened(at: now) }
        if let openSince, now - openSince >= handOverAge { submit(at: now) }
        // Without an array: this is said after every turn.
        let handOver = openSince.map { $0 + handOverAge }
        let watch = watchWriter(now: now)
        guard let handOver, let watch else { return handOver ?? watch }
        return min(handOver, watch)
    }

    /// Hands over whatever there is, recording or not: the last call, after every session of the loop was closed.
    package func flush() {
        introduceAll()
        submit(at: Clock.monotonic)
    }

    /// To be asked before every read, which is cheap. Then, when blocking, no more than what one read brings can go beyond
    /// the bound, and nothing is lost: a read of very short messages takes many times its size as rows.
    package var hasRoom: Bool {
        if drops || !state.isRecording { return true }
        return handOff.hasRoom(besides: uncountedBytes)
    }

    // MARK: - What is heard

    package func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        if let depths, depths[header.route][header.direction] == .off { return }
        if case .suspended(let reason, let number) = state.current {
            return lose(header, in: Loss.Episode(reason: reason, owner: 0, number: number))
        }
        guard canHold(Batch.rowByteCount + payload.byteCount) else {
            return lose(header, in: Loss.Episode(reason: .behind, owner: number, number: episode))
        }
        if owesIntroductions { introduceAll() }
        batch.pointee.append(header, kind, payload)
        submitIfFull()
    }

    package func sessionOpened(_ opening: SessionOpening) {
        if let depths, depths[opening.route].upstream == .off, depths[opening.route].downstream == .off { return }
        guard state.isRecording else {
            unintroduced[opening.session] = Unintroduced(opening: opening)
            return
        }
        introduced.insert(opening.session)
        batch.pointee.append(opening)
    }

    package func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        let connection = Batch.Connection(session: session, upstreamAddress: upstreamAddress, at: at)
        if introduced.contains(session) {
            batch.pointee.append(connection)
        } else {
            unintroduced[session]?.connection = connection
        }
    }

    package func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp) {
        let recognition = Batch.Recognition(session: session, framing: framing)
        if introduced.contains(session) {
            batch.pointee.append(recognition)
        } else {
            unintroduced[session]?.recognition = recognition
        }
    }

    package func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample) {
        guard state.isRecording, isWithinBound(Batch.sessionRowByteCount + 2 * Batch.rowByteCount),
            // Of a route that is off no session was introduced.
            depths == nil || introduced.contains(session)
        else { return }
        batch.pointee.append(tally, of: session, client, upstream)
        submitIfFull()
    }

    package func sessionClosed(_ closing: SessionClosing) {
        if state.isRecording { introduceAll() }
        if introduced.remove(closing.session) != nil {
            batch.pointee.append(closing)
        } else {
            unintroduced[closing.session] = nil
        }
    }

    // MARK: - How

    private func introduceAll() {
        guard owesIntroductions else { return }
        for (session, known) in unintroduced {
            introduced.insert(session)
            batch.pointee.append(known.opening)
            if let connection = known.connection { batch.pointee.append(connection) }
            if let recognition = known.recognition { batch.pointee.append(recognition) }
        }
        unintroduced.removeAll()
    }

    private func lose(_ header: MessageHeader, in episode: Loss.Episode) {
        batch.pointee.count(header, lostIn: episode)
        gauges.loss(episode.reason).add(messages: 1, bytes: Int64(header.byteCount))
    }

    /// Dropping begins above the high mark and ends at the low one, so that a gap is one stretch, not a comb.
    private func canHold(_ byteCount: Int) -> Bool {
        guard drops else { return true }
        if isDropping {
            isDropping = !handOff.isRelaxed(besides: uncountedBytes)
        } else if !(isWithinBound(byteCount) && handOff.isBelowHighMark(besides: uncountedBytes)) {
            isDropping = true
            episode += 1
        }
        return !isDropping
    }

    private func isWithinBound(_ byteCount: Int) -> Bool {
        handOff.byteCount + uncountedBytes + byteCount <= commons.configuration.bufferByteCount
    }

    @inline(__always)
    private func submitIfFull() {
        if batch.pointee.isFull(at: handOverByteCount) { submit(at: Clock.monotonic) }
    }

    private func submit(at now: Int64) {
        guard batch.pointee.byteCount > 0 else { return }
        count()
        handOff.submit(&batch.pointee, at: now)
        countedBytes = 0
        countedMessages = 0
        openSince = nil
        gauges.openSince.set(0)
    }

    private func opened(at now: Int64) {
        openSince = now
        gauges.openSince.set(now)
    }

    /// Tells the hand-off what the open batch has grown by.
    private func count() {
        // Each message has bytes of its own.
        guard uncountedBytes != 0 else { return }
        let messages = batch.pointee.messages.count
        handOff.hold(bytes: uncountedBytes, messages: messages - countedMessages)
        countedBytes = batch.pointee.byteCount
        countedMessages = messages
    }

    /// The writer cannot tell that it hangs. Answers when to look again.
    private func watchWriter(now: Int64) -> Int64? {
        guard let since = handOff.unansweredSince else { return nil }
        guard now - since >= stallLimit else { return since + stallLimit }
        let detail = "nothing could be committed for \(Duration.nanoseconds(now - since))"
        commons.suspend(.stalled, detail: detail, at: now)
        handOff.nudge()
        return nil
    }
}
