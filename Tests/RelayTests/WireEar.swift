import Traffic

/// Writes down everything a relay tells.
final class WireEar: ByteObserver, MessageObserver, RoomKeeper {
    struct Heard: Equatable {
        let header: MessageHeader
        let kind: String?
        let payload: [UInt8]
    }

    var hasRoom = true
    private(set) var openings: [SessionOpening] = []
    private(set) var connected: [SessionID] = []
    private(set) var connectFailures: [CloseReason] = []
    private(set) var messages: [Heard] = []
    private(set) var received = PerDirection<Int>(both: 0)
    /// What was read, in order.
    private(set) var reads: [(direction: Direction, byteCount: Int)] = []
    private(set) var losses: [String] = []
    private(set) var sent = PerDirection<Int>(both: 0)
    private(set) var samples: [(tally: SessionTally, client: ChannelState, upstream: ChannelState)] = []
    private(set) var closings: [SessionClosing] = []
    private(set) var acceptPauses = 0
    private(set) var pausesBegun = 0
    private(set) var connectAttempts = 0
    private(set) var connectDurations: [Int64] = []
    private(set) var rejections: [SessionID] = []
    private(set) var heldReads = PerDirection(both: 0)
    private(set) var waits: [(nanoseconds: Int64, reads: Int, direction: Direction)] = []
    private(set) var answers: [(nanoseconds: Int64, sequence: Int64)] = []
    private(set) var pauses: [(nanoseconds: Int64, direction: Direction)] = []
    private(set) var totals: [Side: ChannelTotals] = [:]
    private(set) var totalsCount = 0
    /// Called as a message is heard.
    var whenHeard: ((MessageHeader) -> Void)?

    func sessionOpened(_ opening: SessionOpening) { openings.append(opening) }
    func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        connected.append(session)
    }
    func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) { connectFailures.append(reason) }
    func received(byteCount: Int, route: Int, direction: Direction) {
        received[direction] += byteCount
        reads.append((direction, byteCount))
    }
    func framingLost(_ session: SessionID, route: Int, direction: Direction, framing: String, why: String) {
        losses.append("\(direction) \(framing): \(why)")
    }
    func sent(byteCount: Int, route: Int, direction: Direction) { sent[direction] += byteCount }
    func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        messages.append(Heard(header: header, kind: kind, payload: payload.withUnsafeBytes { Array($0) }))
        whenHeard?(header)
    }
    func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample) {
        samples.append((tally, client.state, upstream.state))
    }
    func sessionClosed(_ closing: SessionClosing) { closings.append(closing) }
    func acceptPaused(route: Int, reason: AcceptPause) { acceptPauses += 1 }
    func readingPauseBegan(route: Int, direction: Direction) { pausesBegun += 1 }
    func connectAttempted(_ session: SessionID, route: Int) { connectAttempts += 1 }
    func connectTook(nanoseconds: Int64, route: Int) { connectDurations.append(nanoseconds) }
    func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) { rejections.append(session) }
    func held(route: Int, direction: Direction) { heldReads[direction] += 1 }
    func left(afterNanoseconds: Int64, reads: Int, route: Int, direction: Direction) {
        waits.append((afterNanoseconds, reads, direction))
    }
    func answered(afterNanoseconds: Int64, question: QuestionID, route: Int, at: Timestamp) {
        answers.append((afterNanoseconds, question.sequence))
    }
    func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) { pauses.append((nanoseconds, direction)) }
    func totals(_ totals: ChannelTotals, route: Int, side: Side) {
        self.totals[side] = totals
        totalsCount += 1
    }

    func messages(_ direction: Direction) -> [Heard] { messages.filter { $0.header.direction == direction } }

    func texts(_ direction: Direction) -> [String] {
        messages(direction).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    var reasons: [CloseReason] { closings.map(\.reason) }
}
