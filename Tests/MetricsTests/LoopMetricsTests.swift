import Testing
import Traffic

@testable import Metrics

@Suite struct `A loop's metrics` {
    private let metrics = LoopMetrics(routeCount: 2)
    private let session = SessionID(rawValue: 1)
    private let now = Timestamp(nanosecondsSince1970: 0)

    @Test func `count a session as active from its opening to its closing`() {
        open(route: 1)
        open(route: 1)
        #expect(metrics.sessionsActive[1].current == 2)
        close(route: 1, .clientReset)
        #expect(metrics.sessionsActive[1].current == 1)
        #expect(metrics.sessionsOpened[1].current == 2)
        #expect(metrics.sessionsClosed[1, .clientReset].current == 1)
        #expect(metrics.sessionsOpened[0].current == 0)
    }

    @Test(arguments: CloseReason.allCases) func `keep every reason apart`(reason: CloseReason) {
        close(route: 0, reason)
        for other in CloseReason.allCases {
            #expect(metrics.sessionsClosed[0, other].current == (other == reason ? 1 : 0))
        }
    }

    @Test func `count a connect failure without a name of its own as an error`() {
        metrics.connectFailed(session, route: 0, reason: .connectRefused)
        metrics.connectFailed(session, route: 0, reason: .drainTimeout)
        #expect(metrics.connectErrors[0, .connectRefused].current == 1)
        #expect(metrics.connectErrors[0, .error].current == 1)
    }

    @Test func `keep routes and directions apart`() {
        metrics.received(byteCount: 10, route: 0, direction: .upstream)
        metrics.received(byteCount: 7, route: 1, direction: .downstream)
        metrics.sent(byteCount: 4, route: 1, direction: .downstream)
        metrics.message(
            header(byteCount: 7, direction: .downstream, route: 1),
            kind: nil,
            payload: [UInt8]().span.bytes
        )
        #expect(metrics.receivedBytes[0, .upstream].current == 10)
        #expect(metrics.receivedBytes[0, .downstream].current == 0)
        #expect(metrics.receivedBytes[1, .downstream].current == 7)
        #expect(metrics.sentBytes[1, .downstream].current == 4)
        #expect(metrics.messageSizes[1, .downstream].snapshot().sum == 7)
        #expect(metrics.messageSizes[1, .upstream].snapshot().sum == 0)
    }

    @Test func `count how often reading paused and for how long`() {
        metrics.readingPauseBegan(route: 0, direction: .upstream)
        metrics.readingPaused(nanoseconds: 30, route: 0, direction: .upstream)
        metrics.readingPaused(nanoseconds: 12, route: 0, direction: .upstream)
        #expect(metrics.readingPauses[0, .upstream].current == 1)
        #expect(metrics.pausedNanoseconds[0, .upstream].current == 42)
    }

    @Test func `count a read as passed, or in the end as one that waited`() {
        metrics.received(byteCount: 1, route: 0, direction: .upstream)
        metrics.held(route: 0, direction: .upstream)
        metrics.received(byteCount: 1, route: 0, direction: .upstream)
        metrics.received(byteCount: 1, route: 0, direction: .upstream)
        #expect(metrics.passedReads[0, .upstream].current == 2)
        metrics.left(afterNanoseconds: 300_000, reads: 1, route: 0, direction: .upstream)
        #expect(metrics.residences[0, .upstream].snapshot().counts.reduce(0, +) == 1)
    }

    @Test func `keep one message a second and bucket as an example`() {
        let exemplars = Exemplars()
        #expect(exemplars.exemplar(of: 3) == nil)
        let second: Int64 = 1_000_000_000
        for (sequence, at) in [(1, 5 * second), (2, 5 * second + 10), (3, 6 * second)] as [(Int64, Int64)] {
            exemplars.note(3, value: 48, session, sequence, at: Timestamp(nanosecondsSince1970: at))
            let kept: Int64 = sequence == 3 ? 3 : 1
            #expect(exemplars.exemplar(of: 3)?.sequence == kept)
        }
        #expect(exemplars.exemplar(of: 2) == nil)
    }

    @Test func `forget the channels of the second before`() {
        var totals = ChannelTotals()
        totals.inputBytes = 9
        metrics.totals(totals, route: 0, side: .upstream)
        metrics.totals(ChannelTotals(), route: 0, side: .upstream)
        #expect(metrics.inputBytes[0, .upstream].current == 0)
    }

    private func open(route: Int) {
        metrics.sessionOpened(SessionOpening(session: session, route: route, clientAddress: "", at: now))
    }

    private func close(route: Int, _ reason: CloseReason) {
        let closing = SessionClosing(session: session, route: route, reason: reason, tally: SessionTally(), at: now)
        metrics.sessionClosed(closing)
    }
}
