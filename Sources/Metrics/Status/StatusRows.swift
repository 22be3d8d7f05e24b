import Traffic

/// A live session as the status page shows it.
struct StatusSession: Sendable {
    let id: Int64
    let route: Int
    let client: String
    var upstream = ""
    /// Nanoseconds since 1970.
    let openedAt: Int64
    var tally = SessionTally()
    var clientState = ChannelState()
    var upstreamState = ChannelState()

    var byteCount: Int64 { tally.bytes.upstream + tally.bytes.downstream }
}

/// A message as the status page shows it: its beginning, as safe text.
struct StatusMessage: Sendable {
    let session: Int64
    let route: Int
    let direction: Direction
    let sequence: Int64
    /// Nanoseconds since 1970.
    let at: Int64
    let byteCount: Int
    let beginning: [UInt8]
}
