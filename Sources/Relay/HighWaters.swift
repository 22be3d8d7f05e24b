import Traffic

/// The most bytes that ever waited in a FIFO of one route, by side: over all its channels so far, closed ones too.
struct HighWaters {
    private(set) var client: Int64 = 0
    private(set) var upstream: Int64 = 0

    mutating func note(_ states: (client: ChannelState, upstream: ChannelState)) {
        client = max(client, states.client.fifoHighWaterBytes)
        upstream = max(upstream, states.upstream.fifoHighWaterBytes)
    }
}
