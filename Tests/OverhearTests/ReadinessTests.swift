import Metrics
import Testing

@testable import overhear

@Suite struct `Being ready` {
    private let board = ReadinessBoard()

    /// One line that says why, for people and for whoever keeps it beside an alert.
    private func expect(_ answer: Readiness, _ isReady: Bool, _ beginning: String) {
        #expect(answer.isReady == isReady)
        #expect(answer.sentence.hasPrefix(beginning), "\(answer.sentence)")
        #expect(!answer.sentence.contains { $0.isNewline })
    }

    @Test func `is not there while it starts, and then is`() {
        expect(board.answer(recorder: nil), false, "starting: ")
        board.set(.ready())
        expect(board.answer(recorder: nil), true, "ready")
    }

    @Test(arguments: ["stalled", "diskFull", "lowSpace"])
    func `stays while only recording is suspended, and names why it is`(reason: String) {
        board.set(.ready())
        expect(board.answer(recorder: reason), true, "ready, but recording is suspended (\(reason)): ")
    }

    @Test func `ends where recording must not fail, and comes back with it`() {
        board.set(.ready())
        board.stopForCapture(true)
        expect(board.answer(recorder: "ioError"), false, "traffic is refused: recording is suspended (ioError)")
        board.stopForCapture(false)
        expect(board.answer(recorder: nil), true, "ready")
    }

    @Test func `ends for good when it drains, whatever else there is to say`() {
        board.set(.ready())
        board.stopForCapture(true)
        board.drain()
        expect(board.answer(recorder: "stalled"), false, "draining: ")
    }
}
