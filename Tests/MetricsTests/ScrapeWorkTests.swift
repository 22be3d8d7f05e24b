import CAllocationCount
import Testing
import Traffic

@testable import Metrics

/// A scrape is made from counters, whatever they count: work is told by what is allocated for it, not by a clock.
@Suite(.enabled(if: allocation_count() >= 0)) struct `The work of a scrape` {
    private let metrics = LoopMetrics(routeCount: 1)
    private let board = StatusBoard(loops: 1)
    private let window: StatusWindow

    init() {
        window = StatusWindow(board: board, loop: 0, showsMessages: true) { limit in
            LiveSessions(busiest: (1...limit).map { live(session: $0, client: "127.0.0.1:\($0)") }, count: 9000)
        }
    }

    private func open(_ count: Int) {
        for number in 1...count {
            let opening = SessionOpening(
                session: SessionID(rawValue: Int64(number)),
                route: 0,
                clientAddress: "127.0.0.1:\(number)",
                at: Timestamp(nanosecondsSince1970: 0)
            )
            metrics.sessionOpened(opening)
        }
    }

    @Test(arguments: [TextFormat.prometheus, .openMetrics])
    func `is the same with nine thousand sessions as with none`(format: TextFormat) {
        let exposition = Exposition(
            routes: ["a"],
            loops: [metrics],
            build: BuildInfo(version: "1", swiftVersion: "6", sqliteVersion: "3"),
            recorder: { nil }
        )
        func work() -> (allocations: Int, byteCount: Int) {
            let before = allocation_count()
            let body = exposition.render(format, only: [])
            return (Int(allocation_count() - before), body.reduce(0) { $0 + $1.count })
        }
        _ = work()
        let idle = work()
        open(9000)
        let busy = work()
        #expect(metrics.sessionsActive[0].current == 9000)
        #expect(idle.allocations > 0)
        #expect(abs(busy.allocations - idle.allocations) <= 4, "\(idle) \(busy)")
        // A few numbers have four digits instead of one.
        #expect((0...64).contains(busy.byteCount - idle.byteCount), "\(idle) \(busy)")
    }

    @Test func `of the status page is bounded by what it shows`() {
        _ = board.look()
        window.turned(at: 1_000_000_000)
        func byteCount() -> Int {
            let report = StatusReport(
                routes: [StatusRoute(name: "a", listen: ":1", upstream: ":2")],
                loops: [metrics],
                board: board,
                marks: StatusMarks(low: 1, high: 2),
                showsMessages: true,
                recorder: { nil }
            )
            return report.render(version: "1", readiness: .ready()).reduce(0) { $0 + $1.count }
        }
        #expect(byteCount() < 400 * StatusWindow.sessionLimit)
    }
}
