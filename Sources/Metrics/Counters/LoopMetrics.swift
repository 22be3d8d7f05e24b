package import Traffic

/// Counts what one event loop relays.
///
/// Written on that loop's thread only; the scraping thread reads the same numbers whenever it likes (`Tally`). One per
/// loop, so nothing hot is shared: the exposition adds the loops up. Routes are named by position, so that counting
/// is an array access: no dictionary, no text, no allocation.
package final class LoopMetrics: ByteObserver, MessageObserver, Sendable {
    let routeCount: Int

    let sessionsActive: [Tally]
    let sessionsOpened: [Tally]
    let sessionsClosed: TallyGrid<CloseReason>
    let connectErrors: TallyGrid<CloseReason>
    let acceptPauses: TallyGrid<AcceptPause>
    let sessionsRejected: TallyGrid<Rejection>
    let sessionDurations: [Histogram]
    let connectAttempts: [Tally]
    let connectDurations: [Histogram]

    let receivedBytes: TallyGrid<Direction>
    let sentBytes: TallyGrid<Direction>
    /// Their counts are also the number of messages.
    let messageSizes: Grid<Direction, Histogram>
    let messageSizeExemplars: Grid<Direction, Exemplars>
    let turnarounds: Row<Histogram>
    let turnaroundExemplars: Row<Exemplars>
    /// Reads that the kernel took at once.
    let passedReads: TallyGrid<Direction>
    /// 1 between hearing that a read is held and hearing of the read.
    private let isHeld = Tally()
    /// Of the reads that were held, those that have left.
    let residences: Grid<Direction, Histogram>
    let framingsLost: TallyGrid<Direction>
    let pausedNanoseconds: TallyGrid<Direction>
    let readingPauses: TallyGrid<Direction>

    let fifoItems: TallyGrid<Side>
    let fifoItemsMax: TallyGrid<Side>
    let fifoBytes: TallyGrid<Side>
    let fifoBytesMax: TallyGrid<Side>
    let fifoHighWater: TallyGrid<Side>
    let inputBytes: TallyGrid<Side>
    let channelsPaused: TallyGrid<Side>

    /// One observation for each turn.
    let lag = Histogram(bounds: Catalogue.lagBounds, scale: 1_000_000_000)

    /// Any thread. `routeCount` routes are named 0, 1, … by the events told later.
    package init(routeCount: Int) {
        self.routeCount = routeCount
        sessionsActive = (0..<routeCount).map { _ in Tally() }
        sessionsOpened = (0..<routeCount).map { _ in Tally() }
        sessionsClosed = TallyGrid(routeCount: routeCount)
        connectErrors = TallyGrid(routeCount: routeCount)
        acceptPauses = TallyGrid(routeCount: routeCount)
        sessionsRejected = TallyGrid(routeCount: routeCount)
        sessionDurations = Self.durations(Catalogue.sessionDurationBounds, routeCount)
        connectAttempts = (0..<routeCount).map { _ in Tally() }
        connectDurations = Self.durations(Catalogue.connectDurationBounds, routeCount)
        receivedBytes = TallyGrid(routeCount: routeCount)
        sentBytes = TallyGrid(routeCount: routeCount)
        messageSizes = Grid(routeCount: routeCount) { Histogram(bounds: Catalogue.messageSizeBounds, scale: 1) }
        messageSizeExemplars = Grid(routeCount: routeCount) { Exemplars() }
        turnarounds = Row(count: routeCount) { Histogram(bounds: Catalogue.waitBounds, scale: 1_000_000_000) }
        turnaroundExemplars = Row(count: routeCount) { Exemplars() }
        passedReads = TallyGrid(routeCount: routeCount)
        residences = Grid(routeCount: routeCount) { Histogram(bounds: Catalogue.waitBounds, scale: 1_000_000_000) }
        framingsLost = TallyGrid(routeCount: routeCount)
        pausedNanoseconds = TallyGrid(routeCount: routeCount)
        readingPauses = TallyGrid(routeCount: routeCount)
        fifoItems = TallyGrid(routeCount: routeCount)
        fifoItemsMax = TallyGrid(routeCount: routeCount)
        fifoBytes = TallyGrid(routeCount: routeCount)
        fifoBytesMax = TallyGrid(routeCount: routeCount)
        fifoHighWater = TallyGrid(routeCount: routeCount)
        inputBytes = TallyGrid(routeCount: routeCount)
        channelsPaused = TallyGrid(routeCount: routeCount)
    }

    private static func durations(_ bounds: [Int64], _ routeCount: Int) -> [Histogram] {
        (0..<routeCount).map { _ in Histogram(bounds: bounds, scale: 1_000_000_000) }
    }

    /// Sessions open now on this loop, over all routes. Any thread.
    package var activeSessions: Int64 { sessionsActive.reduce(0) { $0 + $1.current } }

    /// The loop has finished a turn that kept it at work for so long.
    package func turned(nanoseconds: Int64) {
        lag.observe(nanoseconds)
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
        if isHeld.current == 0 { passedReads.add(1, route, direction) } else { isHeld.set(0) }
    }

    package func sent(byteCount: Int, route: Int, direction: Direction) {
        sentBytes.add(Int64(byteCount), route, direction)
    }

    package func message(_ header: MessageHeader, kind: String?, payload: RawSpan) {
        var bucket = 0
        messageSizes.with(header.route, header.direction) { bucket = $0.observe(Int64(header.byteCount)) }
        messageSizeExemplars.with(header.route, header.direction) {
            $0.note(bucket, value: Int64(header.byteCount), header.session, header.sequence, at: header.at)
        }
    }

    package func held(route: Int, direction: Direction) {
        isHeld.set(1)
    }

    package func left(afterNanoseconds waited: Int64, reads: Int, route: Int, direction: Direction) {
        residences.with(route, direction) { $0.observe(waited, times: Int64(reads)) }
    }

    package func answered(afterNanoseconds waited: Int64, question: QuestionID, route: Int, at: Timestamp) {
        var bucket = 0
        turnarounds.with(route) { bucket = $0.observe(waited) }
        turnaroundExemplars.with(route) {
            $0.note(bucket, value: waited, question.session, question.sequence, at: at)
        }
    }

    package func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) {
        sessionsRejected.add(1, route, reason)
    }

    package func connectAttempted(_ session: SessionID, route: Int) {
        connectAttempts[route].add(1)
    }

    package func connectTook(nanoseconds: Int64, route: Int) {
        connectDurations[route].observe(nanoseconds)
    }

    package func framingLost(
        _ session: SessionID,
        route: Int,
        direction: Direction,
        framing: String,
        why: String
    ) {
        framingsLost.add(1, route, direction)
    }

    package func sessionClosed(_ closing: SessionClosing) {
        sessionsClosed[closing.route, closing.reason].add(1)
        sessionsActive[closing.route].add(-1)
        sessionDurations[closing.route].observe(closing.durationNanoseconds)
    }

    package func acceptPaused(route: Int, reason: AcceptPause) {
        acceptPauses.add(1, route, reason)
    }

    package func readingPauseBegan(route: Int, direction: Direction) {
        readingPauses.add(1, route, direction)
    }

    package func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) {
        pausedNanoseconds[route, direction].add(nanoseconds)
    }

    package func totals(_ totals: ChannelTotals, route: Int, side: Side) {
        fifoItems[route, side].set(totals.fifoItems)
        fifoItemsMax[route, side].set(totals.fifoItemsMax)
        fifoBytes[route, side].set(totals.fifoBytes)
        fifoBytesMax[route, side].set(totals.fifoBytesMax)
        fifoHighWater[route, side].set(totals.fifoHighWaterBytes)
        inputBytes[route, side].set(totals.inputBytes)
        channelsPaused[route, side].set(totals.paused)
    }
}
