import Traffic

/// All observers of a loop as one: each is told in turn of what it is an observer of.
final class Audience: ByteObserver, MessageObserver {
    private let observers: Chain<any TrafficObserver>?
    private let byteObservers: Chain<any ByteObserver>?
    private let messageObservers: Chain<any MessageObserver>?
    private let roomKeepers: Chain<any RoomKeeper>?

    init(_ observers: [any TrafficObserver]) {
        self.observers = Chain(observers)
        byteObservers = Chain(observers.compactMap { $0 as? any ByteObserver })
        messageObservers = Chain(observers.compactMap { $0 as? any MessageObserver })
        roomKeepers = Chain(observers.compactMap { $0 as? any RoomKeeper })
    }

    var hasRoom: Bool { roomKeepers?.allSatisfy { $0.hasRoom } ?? true }

    func sessionOpened(_ opening: SessionOpening) {
        observers?.each { $0.sessionOpened(opening) }
    }

    func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {
        observers?.each { $0.sessionConnected(session, route: route, upstreamAddress: upstreamAddress, at: at) }
    }

    func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) {
        observers?.each { $0.connectFailed(session, route: route, reason: reason) }
    }

    func received(byteCount: Int, route: Int, direction: Direction) {
        byteObservers?.each { $0.received(byteCount: byteCount, route: route, direction: direction) }
    }

    func sent(byteCount: Int, route: Int, direction: Direction) {
        byteObservers?.each { $0.sent(byteCount: byteCount, route: route, direction: direction) }
    }

    func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        messageObservers?.message(header, kind: kind, payload: payload)
    }

    func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp) {
        observers?.each { $0.framingRecognised(session, route: route, framing: framing, at: at) }
    }

    func framingLost(_ session: SessionID, route: Int, direction: Direction, framing: String, why: String) {
        observers?.each { $0.framingLost(session, route: route, direction: direction, framing: framing, why: why) }
    }

    func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample) {
        observers?.each { $0.sampled(session, tally: tally, client: client, upstream: upstream) }
    }

    func sessionClosed(_ closing: SessionClosing) {
        observers?.each { $0.sessionClosed(closing) }
    }

    func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) {
        observers?.each { $0.sessionRejected(session, route: route, reason: reason) }
    }

    func connectAttempted(_ session: SessionID, route: Int) {
        observers?.each { $0.connectAttempted(session, route: route) }
    }

    func connectTook(nanoseconds: Int64, route: Int) {
        observers?.each { $0.connectTook(nanoseconds: nanoseconds, route: route) }
    }

    func held(route: Int, direction: Direction) {
        byteObservers?.each { $0.held(route: route, direction: direction) }
    }

    func left(afterNanoseconds waited: Int64, reads: Int, route: Int, direction: Direction) {
        byteObservers?.each { $0.left(afterNanoseconds: waited, reads: reads, route: route, direction: direction) }
    }

    func answered(afterNanoseconds waited: Int64, question: QuestionID, route: Int, at: Timestamp) {
        byteObservers?.each { $0.answered(afterNanoseconds: waited, question: question, route: route, at: at) }
    }

    func acceptPaused(route: Int, reason: AcceptPause) {
        observers?.each { $0.acceptPaused(route: route, reason: reason) }
    }

    func readingPauseBegan(route: Int, direction: Direction) {
        observers?.each { $0.readingPauseBegan(route: route, direction: direction) }
    }

    func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) {
        observers?.each { $0.readingPaused(nanoseconds: nanoseconds, route: route, direction: direction) }
    }

    func totals(_ totals: ChannelTotals, route: Int, side: Side) {
        observers?.each { $0.totals(totals, route: route, side: side) }
    }
}

extension Chain<any MessageObserver> {
    /// As `each` would, but that a closure would retain and release the kind for each of them.
    func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        first.message(header, kind: kind, payload: payload)
        rest?.message(header, kind: kind, payload: payload)
    }
}
