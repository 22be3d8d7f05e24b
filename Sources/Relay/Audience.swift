import Traffic

/// All observers of a loop as one: each is told in turn.
///
/// A chain of constants, not an array: what is constant is only lent for a call, while each element of an array would be
/// retained and released for it, message by message.
final class Audience: TrafficObserver {
    private let first: (any TrafficObserver)?
    private let rest: Audience?

    init(_ observers: some Collection<any TrafficObserver>) {
        first = observers.first
        rest = observers.count > 1 ? Audience(Array(observers.dropFirst())) : nil
    }

    var hasRoom: Bool { first?.hasRoom ?? true && rest?.hasRoom ?? true }

    func sessionOpened(_ opening: SessionOpening) {
        first?.sessionOpened(opening)
        rest?.sessionOpened(opening)
    }

    func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        first?.sessionConnected(session, route: route, upstreamAddress: upstreamAddress, at: at)
        rest?.sessionConnected(session, route: route, upstreamAddress: upstreamAddress, at: at)
    }

    func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) {
        first?.connectFailed(session, route: route, reason: reason)
        rest?.connectFailed(session, route: route, reason: reason)
    }

    func received(byteCount: Int, route: Int, direction: Direction) {
        first?.received(byteCount: byteCount, route: route, direction: direction)
        rest?.received(byteCount: byteCount, route: route, direction: direction)
    }

    func sent(byteCount: Int, route: Int, direction: Direction) {
        first?.sent(byteCount: byteCount, route: route, direction: direction)
        rest?.sent(byteCount: byteCount, route: route, direction: direction)
    }

    func message(_ header: MessageHeader, payload: RawSpan) {
        first?.message(header, payload: payload)
        rest?.message(header, payload: payload)
    }

    func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp) {
        first?.framingRecognised(session, route: route, framing: framing, at: at)
        rest?.framingRecognised(session, route: route, framing: framing, at: at)
    }

    func framingLost(_ session: SessionID, route: Int, direction: Direction, framing: String, why: String) {
        first?.framingLost(session, route: route, direction: direction, framing: framing, why: why)
        rest?.framingLost(session, route: route, direction: direction, framing: framing, why: why)
    }

    func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample) {
        first?.sampled(session, tally: tally, client: client, upstream: upstream)
        rest?.sampled(session, tally: tally, client: client, upstream: upstream)
    }

    func sessionClosed(_ closing: SessionClosing) {
        first?.sessionClosed(closing)
        rest?.sessionClosed(closing)
    }

    func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) {
        first?.sessionRejected(session, route: route, reason: reason)
        rest?.sessionRejected(session, route: route, reason: reason)
    }

    func connectAttempted(_ session: SessionID, route: Int) {
        first?.connectAttempted(session, route: route)
        rest?.connectAttempted(session, route: route)
    }

    func connectTook(nanoseconds: Int64, route: Int) {
        first?.connectTook(nanoseconds: nanoseconds, route: route)
        rest?.connectTook(nanoseconds: nanoseconds, route: route)
    }

    func held(route: Int, direction: Direction) {
        first?.held(route: route, direction: direction)
        rest?.held(route: route, direction: direction)
    }

    func left(afterNanoseconds waited: Int64, reads: Int, route: Int, direction: Direction) {
        first?.left(afterNanoseconds: waited, reads: reads, route: route, direction: direction)
        rest?.left(afterNanoseconds: waited, reads: reads, route: route, direction: direction)
    }

    func answered(afterNanoseconds waited: Int64, question: QuestionID, route: Int, at: Timestamp) {
        first?.answered(afterNanoseconds: waited, question: question, route: route, at: at)
        rest?.answered(afterNanoseconds: waited, question: question, route: route, at: at)
    }

    func acceptPaused(route: Int, reason: AcceptPause) {
        first?.acceptPaused(route: route, reason: reason)
        rest?.acceptPaused(route: route, reason: reason)
    }

    func readingPauseBegan(route: Int, direction: Direction) {
        first?.readingPauseBegan(route: route, direction: direction)
        rest?.readingPauseBegan(route: route, direction: direction)
    }

    func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) {
        first?.readingPaused(nanoseconds: nanoseconds, route: route, direction: direction)
        rest?.readingPaused(nanoseconds: nanoseconds, route: route, direction: direction)
    }

    func totals(_ totals: ChannelTotals, route: Int, side: Side) {
        first?.totals(totals, route: route, side: side)
        rest?.totals(totals, route: route, side: side)
    }
}
