/// Is told what passes through the relay: Capture remembers it, Metrics counts it, the journal speaks of it.
///
/// An observer belongs to one loop and is called on that loop's thread only, after the bytes have left. It must neither
/// block nor call back into the relay. Every call has a default that does nothing. What comes with every read or message is
/// told only to those who are a `ByteObserver` or a `MessageObserver` besides: being told nothing is not free.
package protocol TrafficObserver: AnyObject {
    /// A client was accepted on a route.
    func sessionOpened(_ opening: SessionOpening)

    /// A client was turned away on arrival. `sessionOpened` came before, `sessionClosed` follows.
    func sessionRejected(_ session: SessionID, route: Int, reason: Rejection)

    /// A connection to one address of a session's upstream is tried.
    func connectAttempted(_ session: SessionID, route: Int)

    /// The upstream connection of a session stands, so long after its client was accepted.
    func connectTook(nanoseconds: Int64, route: Int)

    /// The upstream connection of a session stands.
    func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp)

    /// The upstream of a session could not be reached. `sessionClosed` follows with the same reason.
    func connectFailed(_ session: SessionID, route: Int, reason: CloseReason)

    /// `auto` has recognised what a session speaks; `none` where it is nothing it knows.
    func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp)

    /// The framing of a direction met something that cannot be, for the reason given: the rest of the direction is told as
    /// chunks.
    func framingLost(_ session: SessionID, route: Int, direction: Direction, framing: String, why: String)

    /// A live session changed since the last sample, or is about to close: its tally and both its channels.
    func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample)

    /// A session is over.
    func sessionClosed(_ closing: SessionClosing)

    /// Accepting paused.
    func acceptPaused(route: Int, reason: AcceptPause)

    /// One channel's reading is held up from now on.
    func readingPauseBegan(route: Int, direction: Direction)

    /// One channel's reading was held up for this long since that was last told: once a second, and when it goes on.
    func readingPaused(nanoseconds: Int64, route: Int, direction: Direction)

    /// Sums over this loop's live channels, told once a second and when the last one closes.
    func totals(_ totals: ChannelTotals, route: Int, side: Side)
}

extension TrafficObserver {
    package func sessionOpened(_ opening: SessionOpening) {}
    package func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) {}
    package func connectAttempted(_ session: SessionID, route: Int) {}
    package func connectTook(nanoseconds: Int64, route: Int) {}
    package func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {}
    package func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) {}
    package func framingRecognised(_ session: SessionID, route: Int, framing: String, at: Timestamp) {}
    package func framingLost(
        _ session: SessionID,
        route: Int,
        direction: Direction,
        framing: String,
        why: String
    ) {}
    package func sampled(_ session: SessionID, tally: SessionTally, client: ChannelSample, upstream: ChannelSample) {}
    package func sessionClosed(_ closing: SessionClosing) {}
    package func acceptPaused(route: Int, reason: AcceptPause) {}
    package func readingPauseBegan(route: Int, direction: Direction) {}
    package func readingPaused(nanoseconds: Int64, route: Int, direction: Direction) {}
    package func totals(_ totals: ChannelTotals, route: Int, side: Side) {}
}
