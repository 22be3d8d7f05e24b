/// A live session as it stands, for who asks rather than waits to be told.
package struct LiveSession: Sendable {
    package var session: SessionID
    package var route: Int
    package var clientAddress: String
    /// Empty until the upstream is connected.
    package var upstreamAddress: String
    package var openedAt: Timestamp
    package var tally: SessionTally
    package var client: ChannelState
    package var upstream: ChannelState

    package init(
        session: SessionID,
        route: Int,
        clientAddress: String,
        upstreamAddress: String,
        openedAt: Timestamp,
        tally: SessionTally = SessionTally(),
        client: ChannelState = ChannelState(),
        upstream: ChannelState = ChannelState()
    ) {
        self.session = session
        self.route = route
        self.clientAddress = clientAddress
        self.upstreamAddress = upstreamAddress
        self.openedAt = openedAt
        self.tally = tally
        self.client = client
        self.upstream = upstream
    }
}

/// Some of a loop's live sessions, and how many there are.
package struct LiveSessions: Sendable {
    package var busiest: [LiveSession]
    package var count: Int

    package init(busiest: [LiveSession] = [], count: Int = 0) {
        self.busiest = busiest
        self.count = count
    }
}
