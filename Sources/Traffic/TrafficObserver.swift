/// Is told what passes through the relay: Capture remembers it, Metrics counts it, the journal speaks of it.
///
/// An observer belongs to one loop and is called on that loop's thread only, after the bytes have left. It must neither
/// block nor call back into the relay. Every call has a default that does nothing.
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

    /// Bytes were read from the source of a direction.
    func received(byteCount: Int, route: Int, direction: Direction)

    /// The kernel took bytes for the destination of a direction.
    func sent(byteCount: Int, route: Int, direction: Direction)

    /// What one read brought has to wait: the kernel did not take all of it at once. Told before `received` of that read;
    /// `left` follows, unless it is thrown away.
    func held(route: Int, direction: Direction)

    /// What so many reads brought has left, so long after they were made.
    func left(afterNanoseconds: Int64, reads: Int, route: Int, direction: Direction)

    /// The first bytes of an answer came, so long after the last message of the client.
    func answered(afterNanoseconds: Int64, question: QuestionID, route: Int, at: Timestamp)

    /// A message is complete. `payload` is the message, or its beginning where it is longer than the bound for what is
    /// stored; it is only lent for the call.
    func message(_ header: MessageHeader, payload: RawSpan)

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

    /// False while traffic must not be read because it could not be recorded. Asked after every turn.
    var hasRoom: Bool { get }
}

extension TrafficObserver {
    package func sessionOpened(_ opening: SessionOpening) {}
    package func sessionRejected(_ session: SessionID, route: Int, reason: Rejection) {}
    package func connectAttempted(_ session: SessionID, route: Int) {}
    package func connectTook(nanoseconds: Int64, route: Int) {}
    package func sessionConnected(_ session: SessionID, route: Int, upstreamAddress: String, at: Timestamp) {}
    package func connectFailed(_ session: SessionID, route: Int, reason: CloseReason) {}
    package func received(byteCount: Int, route: Int, direction: Direction) {}
    package func sent(byteCount: Int, route: Int, direction: Direction) {}
    package func held(route: Int, direction: Direction) {}
    package func left(afterNanoseconds: Int64, reads: Int, route: Int, direction: Direction) {}
    package func answered(afterNanoseconds: Int64, question: QuestionID, route: Int, at: Timestamp) {}
    package func message(_ header: MessageHeader, payload: RawSpan) {}
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
    package var hasRoom: Bool { true }
}
