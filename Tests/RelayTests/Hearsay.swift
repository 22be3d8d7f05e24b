import Traffic

@testable import Relay

/// What a framing says to both directions of a conversation, without a relay: the pure way from bytes to messages.
final class Hearsay: HearingListener {
    struct Message: Equatable, CustomStringConvertible {
        var direction = Direction.upstream
        var bytes: [UInt8] = []
        /// Nil for what is left unfinished.
        var ending: Ending?
        var kind: String?

        var description: String {
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            return "\(direction == .upstream ? ">" : "<")\(text) \(ending.map { "\($0)" } ?? "…") \(kind ?? "-")"
        }
    }

    private(set) var messages: [Message] = []
    private(set) var losses: [String] = []
    private(set) var recognised: Framing?
    private var unfinished = PerDirection(both: Message())
    private let hearings: PerDirection<Hearing?>

    init(_ framing: PerDirection<Framing>) {
        let upstream = framing.upstream.makeHearing()
        let isShared = framing.upstream == framing.downstream
        hearings = PerDirection(
            upstream: upstream,
            downstream: isShared ? upstream : framing.downstream.makeHearing()
        )
    }

    convenience init(_ framing: String) throws {
        self.init(PerDirection(both: try Framing(parsing: framing)))
    }

    /// Hears bytes, in pieces of so many.
    func hear(_ bytes: [UInt8], _ direction: Direction, cut: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(cut))
            rest = rest.dropFirst(cut)
            let at = Timestamp(nanosecondsSince1970: 0)
            hearings[direction]?.hear(piece.span.bytes, direction, at: at, self)
        }
    }

    /// Hears bytes of either direction in turns.
    func hear(_ dialogue: [(Direction, [UInt8])], cut: Int = .max) {
        for (direction, bytes) in dialogue { hear(bytes, direction, cut: cut) }
    }

    /// What is unfinished becomes a last message of its direction, which goes on.
    func end() {
        for direction in Direction.allCases {
            hearings[direction]?.end(direction, self)
            if !unfinished[direction].bytes.isEmpty {
                var last = unfinished[direction]
                last.ending = .endOfStream
                last.direction = direction
                messages.append(last)
            }
            unfinished[direction] = Message()
        }
    }

    func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, _ direction: Direction, at: Timestamp) {
        bytes.withUnsafeBytes { unfinished[direction].bytes += $0 }
        unfinished[direction].kind = kind
        guard let ending else { return }
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

    func framingRecognised(_ framing: Framing) { recognised = framing }
    func framingLost(_ direction: Direction, why: String) { losses.append(why) }
}
