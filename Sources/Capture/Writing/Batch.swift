import Traffic

/// What one loop heard in a few milliseconds, in memory that is used again: the unit that is handed over and committed.
///
/// A message costs one copy of its payload and one row here, and no allocation once the memory has grown.
struct Batch: Sendable {
    struct Connection: Sendable {
        var session: SessionID
        var upstreamAddress: String
        var at: Timestamp
    }

    struct Recognition: Sendable {
        var session: SessionID
        var framing: String
    }

    struct TallyRow: Sendable {
        var session: SessionID
        var tally: SessionTally
    }

    private(set) var messages = MessageRows()
    private(set) var openings: [SessionOpening] = []
    private(set) var connections: [Connection] = []
    private(set) var recognitions: [Recognition] = []
    private(set) var tallies: [TallyRow] = []
    private(set) var samples: [ChannelSample] = []
    private(set) var closings: [SessionClosing] = []
    private(set) var losses: [Loss] = []

    /// What it occupies, near enough: what the bound for the buffer counts.
    private(set) var byteCount = 0

    /// Handed over at this size at the latest, however young.
    static let fullByteCount = 1 << 20
    /// Of samples: with thousands of sessions they come all at once, and each may touch a page of the log. So many fit into the
    /// smallest transaction that a limit makes (`SizeLimits`).
    static let fullSampleCount = 256
    /// What a row costs besides its payload.
    static let rowByteCount = 64
    static let sessionRowByteCount = 256
    /// What a sample adds to the log, near enough: a session's two share a page, and mostly with others of the session only.
    static let sampleLogByteCount = CaptureFile.pageByteCount / 2
    /// A kind is ASCII, and longer than this none is.
    static let longestKind = 255

    /// What its transaction adds to the log, near enough.
    var logByteCount: Int { byteCount + samples.count * Self.sampleLogByteCount }

    var isEmpty: Bool { byteCount == 0 }

    func isFull(at limit: Int) -> Bool { byteCount >= limit || samples.count >= Self.fullSampleCount }

    mutating func append(_ header: MessageHeader, _ kind: String?, _ payload: RawSpan) {
        let kindByteCount = min(kind?.utf8.count ?? 0, Self.longestKind)
        let row = MessageRows.Row(
            session: header.session.rawValue,
            sequence: header.sequence,
            at: header.at.nanosecondsSince1970,
            byteCount: Int64(header.byteCount),
            payloadByteCount: payload.byteCount,
            kindByteCount: UInt8(kindByteCount),
            direction: header.direction,
            ending: header.ending
        )
        messages.append(row, kind, payload)
        byteCount += Self.rowByteCount + kindByteCount + payload.byteCount
    }

    mutating func append(_ opening: SessionOpening) {
        openings.append(opening)
        byteCount += Self.sessionRowByteCount
    }

    mutating func append(_ connection: Connection) {
        connections.append(connection)
        byteCount += Self.sessionRowByteCount
    }

    mutating func append(_ recognition: Recognition) {
        recognitions.append(recognition)
        byteCount += Self.sessionRowByteCount
    }

    mutating func append(_ closing: SessionClosing) {
        closings.append(closing)
        byteCount += Self.sessionRowByteCount
    }

    mutating func append(
        _ tally: SessionTally,
        of session: SessionID,
        _ client: ChannelSample,
        _ upstream: ChannelSample
    ) {
        tallies.append(TallyRow(session: session, tally: tally))
        samples.append(client)
        samples.append(upstream)
        byteCount += Self.sessionRowByteCount + 2 * Self.rowByteCount
    }

    /// Counts one message that is not kept. Losses of one episode add up.
    mutating func count(_ header: MessageHeader, lostIn episode: Loss.Episode) {
        if let index = losses.lastIndex(where: { $0.episode == episode }) {
            losses[index].add(header)
        } else {
            losses.append(Loss(episode, header))
            byteCount += Self.rowByteCount
        }
    }

    /// Ready for use again. Memory that grew out of proportion is let go.
    mutating func clear() {
        messages.removeAll(keepingAtMost: 4 * Self.fullByteCount)
        openings.removeAll(keepingCapacity: openings.capacity <= 2 * Self.fullSampleCount)
        connections.removeAll(keepingCapacity: connections.capacity <= 2 * Self.fullSampleCount)
        recognitions.removeAll(keepingCapacity: recognitions.capacity <= 2 * Self.fullSampleCount)
        tallies.removeAll(keepingCapacity: tallies.capacity <= 2 * Self.fullSampleCount)
        samples.removeAll(keepingCapacity: samples.capacity <= 2 * Self.fullSampleCount)
        closings.removeAll(keepingCapacity: closings.capacity <= 2 * Self.fullSampleCount)
        losses.removeAll(keepingCapacity: true)
        byteCount = 0
    }
}
