package import Relay
package import Traffic

/// What a framing makes of a conversation, without a relay: keeps what it is told, and notes what should not be.
package final class Hearsay: HearingListener {
    /// A message as it was told, put together.
    package struct Message: Equatable, CustomStringConvertible {
        package var direction = Direction.upstream
        package var bytes: [UInt8] = []
        /// Nil while it goes on.
        package var ending: Ending?
        package var kind: String?

        package init(direction: Direction = .upstream, bytes: [UInt8] = [], ending: Ending? = nil, kind: String? = nil)
        {
            self.direction = direction
            self.bytes = bytes
            self.ending = ending
            self.kind = kind
        }

        package var description: String {
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            return "\(direction == .upstream ? ">" : "<")\(text) \(ending.map { "\($0)" } ?? "…") \(kind ?? "-")"
        }
    }

    package private(set) var messages: [Message] = []
    package private(set) var losses: [String] = []
    package private(set) var recognised: Framing?
    /// The first thing that was told and should never be.
    package private(set) var violation: String?
    /// For long conversations: false where nothing is to be kept.
    package var keeps = true

    package let hearings: PerDirection<Hearing?>
    private var unfinished = PerDirection(both: Message())
    private var isLost = PerDirection(both: false)

    package init(_ framing: PerDirection<Framing>) {
        let upstream = framing.upstream.makeHearing()
        let isShared = framing.upstream == framing.downstream
        hearings = PerDirection(
            upstream: upstream,
            downstream: isShared ? upstream : framing.downstream.makeHearing()
        )
    }

    package convenience init(_ framing: String) throws {
        self.init(PerDirection(both: try Framing(parsing: framing)))
    }

    /// Hears bytes in one piece.
    package func hear(_ bytes: [UInt8], _ direction: Direction) {
        guard !bytes.isEmpty else { return }
        hearings[direction]?.hear(bytes.span.bytes, direction, at: Timestamp(nanosecondsSince1970: 0), self)
    }

    /// Hears bytes in pieces of so many.
    package func hear(_ bytes: [UInt8], _ direction: Direction, cut: Int) {
        var rest = bytes[...]
        while !rest.isEmpty {
            hear(Array(rest.prefix(cut)), direction)
            rest = rest.dropFirst(cut)
        }
    }

    /// Hears bytes of either direction in turns.
    package func hear(_ dialogue: [(Direction, [UInt8])], cut: Int = .max) {
        for (direction, bytes) in dialogue { hear(bytes, direction, cut: cut) }
    }

    /// What is unfinished becomes a last message of its direction.
    package func end() {
        for direction in Direction.allCases {
            hearings[direction]?.end(direction, self)
            if !unfinished[direction].bytes.isEmpty { told(direction, .endOfStream) }
        }
    }

    package func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, _ direction: Direction, at: Timestamp) {
        guard keeps else { return }
        if bytes.isEmpty { note("nothing at all is heard") }
        if let kind, kind.utf8.count > 64 || !kind.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            note("a message is of the kind \(kind.debugDescription)")
        }
        if isLost[direction], ending != .chunk { note("something else than a chunk is heard after a loss") }
        bytes.withUnsafeBytes { unfinished[direction].bytes += $0 }
        unfinished[direction].kind = kind
        if let ending { told(direction, ending) }
    }

    private func told(_ direction: Direction, _ ending: Ending) {
        var message = unfinished[direction]
        message.direction = direction
        message.ending = ending
        unfinished[direction] = Message()
        // Chunks are as long as reads happen to be: joined, they are comparable.
        if ending == .chunk, let last = messages.lastIndex(where: { $0.direction == direction }),
            messages[last].ending == .chunk
        {
            messages[last].bytes += message.bytes
        } else {
            messages.append(message)
        }
    }

    package func framingRecognised(_ framing: Framing) {
        if recognised != nil { note("a framing is recognised twice") }
        recognised = framing
    }

    package func framingLost(_ direction: Direction, why: String) {
        if isLost[direction] { note("a direction is lost twice") }
        isLost[direction] = true
        losses.append(why)
    }

    private func note(_ violation: String) {
        self.violation = self.violation ?? violation
    }
}
