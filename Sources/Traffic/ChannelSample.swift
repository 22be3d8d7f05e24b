/// A channel's buffers and FIFO at one moment, with what it has done so far.
package struct ChannelState: Equatable, Sendable {
    /// Bytes received that do not make a whole message yet.
    package var inputBytes: Int64 = 0
    /// Producers waiting in the FIFO.
    package var fifoItems: Int64 = 0
    /// Bytes waiting in the FIFO.
    package var fifoBytes: Int64 = 0
    /// The most bytes the FIFO ever held.
    package var fifoHighWaterBytes: Int64 = 0
    /// Bytes received from the peer.
    package var bytesIn: Int64 = 0
    /// Bytes the kernel took for the peer.
    package var bytesOut: Int64 = 0
    /// Calls that received.
    package var reads: Int64 = 0
    /// Calls that sent.
    package var writes: Int64 = 0
    /// Calls that sent less than was offered.
    package var partialWrites: Int64 = 0
    /// How long reading was held up, because the other side's FIFO was above its high-water mark or the recorder full.
    package var pausedNanoseconds: Int64 = 0
    /// Is reading held up now?
    package var isPaused = false

    package init() {}
}

/// One channel of one session, sampled.
package struct ChannelSample: Sendable {
    package var session: SessionID
    package var side: Side
    package var at: Timestamp
    package var state: ChannelState

    package init(session: SessionID, side: Side, at: Timestamp, state: ChannelState) {
        self.session = session
        self.side = side
        self.at = at
        self.state = state
    }
}

/// Sums and maxima over a loop's live channels of one route and side.
package struct ChannelTotals: Equatable, Sendable {
    package var inputBytes: Int64 = 0
    package var fifoItems: Int64 = 0
    package var fifoBytes: Int64 = 0
    package var fifoItemsMax: Int64 = 0
    package var fifoBytesMax: Int64 = 0
    /// The most bytes any FIFO ever held, those of closed channels included.
    package var fifoHighWaterBytes: Int64 = 0
    /// Channels whose reading is held up.
    package var paused: Int64 = 0

    package init() {}

    package mutating func add(_ state: ChannelState) {
        inputBytes += state.inputBytes
        fifoItems += state.fifoItems
        fifoBytes += state.fifoBytes
        fifoItemsMax = max(fifoItemsMax, state.fifoItems)
        fifoBytesMax = max(fifoBytesMax, state.fifoBytes)
        fifoHighWaterBytes = max(fifoHighWaterBytes, state.fifoHighWaterBytes)
        if state.isPaused { paused += 1 }
    }
}
