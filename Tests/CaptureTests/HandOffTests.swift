import Glibc
import Testing
import Traffic

@testable import Capture

@Suite struct `A hand-off` {
    private func batch(session: Int64) -> Batch {
        var batch = Batch()
        let at = Timestamp(nanosecondsSince1970: 1)
        batch.append(SessionOpening(session: SessionID(rawValue: session), route: 0, clientAddress: "c", at: at))
        return batch
    }

    private func sessions(_ work: HandOff.Work) -> [Int64] {
        guard case .batches(let batches) = work else { return [] }
        return batches.flatMap(\.openings).map(\.session.rawValue)
    }

    @Test func `gives what waits in order, as much as is asked for`() {
        let handOff = HandOff(highMark: 1000, lowMark: 500)
        for session in 1...3 as ClosedRange<Int64> {
            var batch = batch(session: session)
            handOff.submit(&batch, at: session)
            #expect(batch.isEmpty)
        }
        #expect(sessions(handOff.take(atMost: 600, until: nil)) == [1, 2])
        #expect(sessions(handOff.take(atMost: 1, until: nil)) == [3])
    }

    @Test func `gives what waits before it says that it is closed`() {
        let handOff = HandOff(highMark: 1000, lowMark: 500)
        var batch = batch(session: 1)
        handOff.submit(&batch, at: 1)
        handOff.close(by: 0)
        #expect(sessions(handOff.take(atMost: 1, until: nil)) == [1])
        guard case .closed = handOff.take(atMost: 1, until: nil) else {
            Issue.record("not closed")
            return
        }
    }

    @Test func `remembers since when the writer has had work and finished none`() {
        let handOff = HandOff(highMark: 1000, lowMark: 500)
        #expect(handOff.unansweredSince == nil)
        var batch = batch(session: 1)
        handOff.submit(&batch, at: 10)
        var second = self.batch(session: 2)
        handOff.submit(&second, at: 20)
        #expect(handOff.unansweredSince == 10)
        guard case .batches(var batches) = handOff.take(atMost: 1, until: nil) else { return }
        #expect(handOff.oldestSince == 10)
        _ = handOff.retire(&batches, at: 30)
        #expect(handOff.unansweredSince == 30)
        #expect(handOff.oldestSince == 20)
    }

    @Test func `wakes those who heard that there is no room, once there is, and only those`() {
        let handOff = HandOff(highMark: 300, lowMark: 200)
        var batch = batch(session: 1)
        handOff.hold(bytes: batch.byteCount, messages: 0)
        handOff.submit(&batch, at: 1)
        #expect(handOff.hasRoom(besides: 0))
        guard case .batches(var first) = handOff.take(atMost: 1, until: nil) else { return }
        #expect(!handOff.retire(&first, at: 2))
        batch = self.batch(session: 2)
        handOff.hold(bytes: batch.byteCount, messages: 0)
        handOff.submit(&batch, at: 3)
        #expect(!handOff.hasRoom(besides: 100))
        guard case .batches(var second) = handOff.take(atMost: 1, until: nil) else { return }
        #expect(handOff.retire(&second, at: 4))
    }

    @Test func `carries batches between threads without losing one`() {
        let handOff = HandOff(highMark: 1000, lowMark: 500)
        let total = Monitor(0 as Int64)
        var threads: [pthread_t] = []
        for _ in 0..<3 {
            threads.append(
                thread {
                    for _ in 0..<1000 {
                        var batch = Batch()
                        let opening = SessionOpening(
                            session: SessionID(rawValue: 1),
                            route: 0,
                            clientAddress: "",
                            at: Timestamp(nanosecondsSince1970: 0)
                        )
                        batch.append(opening)
                        handOff.hold(bytes: batch.byteCount, messages: 0)
                        handOff.submit(&batch, at: 1)
                    }
                }
            )
        }
        let writer = thread {
            while case .batches(var batches) = handOff.take(atMost: 4096, until: nil) {
                total.withLock { $0 += Int64(batches.reduce(0) { $0 + $1.openings.count }) }
                _ = handOff.retire(&batches, at: 1)
            }
        }
        for thread in threads { pthread_join(thread, nil) }
        handOff.close(by: 0)
        pthread_join(writer, nil)
        #expect(total.withLock { $0 } == 3000)
        #expect(handOff.byteCount == 0)
    }
}
