package import Traffic

/// Counts what one event loop relays.
///
/// Written on that loop's thread only; the scraping thread reads the same numbers whenever it likes (`Tally`). One per
/// loop, so nothing hot is shared: the exposition adds the loops up. Routes are named by position, so that counting
/// is an array access: no dictionary, no text, no allocation.
package final class LoopMetrics: TrafficObserver, Sendable {
    let routeCount: Int

    let sessionsActive: [Tally]
    let sessionsOpened: [Tally]
    let sessionsClosed: TallyGrid<CloseReason>
    let connectErrors: TallyGrid<CloseReason>
    let acceptPauses: [Tally]

    let receivedBytes: TallyGrid<Direction>
    let sentBytes: TallyGrid<Direction>
    /// Their counts are also the number of messages.
    let messageSizes: Grid<Direction, Histogram>
    let pausedNanoseconds: TallyGrid<Direction>
    let readingPauses: TallyGrid<Direction>

    let fifoItems: TallyGrid<Side>
    let fifoItemsMax: TallyGrid<Side>
    let fifoBytes: TallyGrid<Side>
    let fifoBytesMax: TallyGrid<Side>
    let inputBytes: TallyGrid<Side>

    let turns = Tally()

    /// Any thread. `routeCount` routes are named 0, 1, … by the events told later.
    package init(routeCount: Int) {
        self.routeCount = routeCount
        sessionsActive = (0..<routeCount).map { _ in Tally() }
        sessionsOpened = (0..<routeCount).map { _ in Tally() }
        sessionsClosed = TallyGrid(routeCount: routeCount)
        connectErrors = TallyGrid(routeCount: routeCount)
        acceptPauses = (0..<routeCount).map { _ in Tally() }
        receivedBytes = TallyGrid(routeCount: routeCount)
        sentBytes = TallyGrid(routeCount: routeCount)
        messageSizes = Grid(routeCount: routeCount) { Histogram(bounds: Catalogue.messageSizeBounds, scale: 1) }
        pausedNanoseconds = TallyGrid(routeCount: routeCount)
        readingPauses = TallyGrid(routeCount: routeCount)
        fifoItems = TallyGrid(routeCount: routeCount)
        fifoItemsMax = TallyGrid(routeCount: routeCount)
        fifoBytes = TallyGrid(routeCount: routeCount)
        fifoBytesMax = TallyGrid(routeCount: routeCount)
        inputBytes = TallyGrid(routeCount: routeCount)
    }

    /// Sessions open now on this loop, over all routes. Any thread.
    package var activeSessions: Int64 { sessionsActive.reduce(0) { $0 + $1.current } }

    /// The loop has finished a turn.
    package func turned() {
        turns.add(1)
    }

    package func sessionOpened(_ opening: SessionOpening) {
        sessionsOpened[opening.route].add(1)
        sessionsActive[opening.route].add(1)
    }

    package func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) {
        let counted = CloseReason.connectFailures.contains(reason) ? reason : .error
        connectErrors[route, counted].add(1)
    }

    package func received(byteCount: Int, route: Int, direction: Direction) {
        receivedBytes.add(Int64(byteCount), route, direction)
    }

    package func sent(byteCount: Int, route: Int, direction: Direction) {
        sentBytes.add(Int64(byteCount), route, direction)
    }

    package func message(_ header: MessageHeader, payload: RawSpan) {
        messageSizes.with(header.route, header.direction) { $0.observe(Int64(header.byteCount)) }
    }

    package func sessionClosed(_ closing: SessionClosing) {
        sessionsClosed[closing.route, closing.reason].add(1)
        sessionsActive[closing.route].add(-1)
    }

    package func acceptPaused(route: Int) {
        acceptPauses[route].add(1)
    }

    package func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) {
        pausedNanoseconds[route, direction].add(nanoseconds)
        readingPauses[route, direction].add(1)
    }

    package func totals(_ totals: ChannelTotals, route: Int, side: Side) {
        fifoItems[route, side].set(totals.fifoItems)
        fifoItemsMax[route, side].set(totals.fifoItemsMax)
        fifoBytes[route, side].set(totals.fifoBytes)
        fifoBytesMax[route, side].set(totals.fifoBytesMax)
        inputBytes[route, side].set(totals.inputBytes)
    }
}
