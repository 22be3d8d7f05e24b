import Relay
import Traffic

/// Every framer, fed a conversation: whatever is said, what it tells, joined, is what was said, cut where it would be cut however
/// the bytes arrive; and what it keeps is bounded.
///
/// Bytes: framing (from 240 on, the conversation is held again and again); cuts (a count, then byte counts); turns (a byte
/// whose highest bit is the direction, and the others how many bytes it has, less one; then those).
public func fuzzFramer(_ bytes: [UInt8]) throws(BrokenProperty) {
    var script = Script(bytes)
    let choice = script.byte()
    let framing = framings[Int(choice) % framings.count]
    let cuts = script.countedBytes()
    var turns: [Turn] = []
    while !script.isAtEnd {
        let head = script.byte()
        let said = script.bytes(Int(head & 127) + 1)
        if !said.isEmpty { turns.append(Turn(direction: head < 128 ? .upstream : .downstream, bytes: said)) }
    }

    let whole = try Eavesdropper(framing)
    try whole.hear(turns, cut: Cuts([]))
    for cuts in [cuts, [1]] {
        let other = try Eavesdropper(framing)
        try other.hear(turns, cut: Cuts(cuts))
        try hold(
            other.told == whole.told,
            orElse: "\(framing) hears \(other.told) in pieces and \(whole.told) in turns."
        )
    }
    if choice >= 240, !turns.isEmpty { try checkMemory(framing, turns) }
}

private let framings = [
    "http", "resp", "postgres", "mysql", "smtp", "mqtt", "auto", "octet", "between:0b/1c0d", "between:6161/6161",
    "delimiter:0d0a/00/ff", "delimiter:6162/6263", "length:u8", "length:u16be", "length:u16le/at=1/add=-1",
    "length:u24be/add=-2", "length:u32le/at=3", "length:u64be", "length:varint", "length:varint/at=2/add=3",
]

private struct Turn {
    let direction: Direction
    let bytes: [UInt8]
}

/// Holds the conversation until much more was said than may be kept.
private func checkMemory(_ framing: String, _ turns: [Turn]) throws(BrokenProperty) {
    let eavesdropper = try Eavesdropper(framing)
    var saidByteCount = 0
    while saidByteCount < 160 * 1024 {
        for turn in turns {
            eavesdropper.hear(turn.bytes, turn.direction)
            saidByteCount += turn.bytes.count
        }
    }
    let kept = weight(of: eavesdropper.hearing)
    try hold(kept <= 96 * 1024, orElse: "\(framing) keeps \(kept) bytes of \(saidByteCount).")
}

/// About how many bytes hang on a value, besides tables that are the same for all.
private func weight(of value: Any) -> Int {
    if let bytes = value as? [UInt8] { return bytes.capacity }
    if let text = value as? String { return text.utf8.count }
    if value is [UInt16] { return 0 }
    var mirror: Mirror? = Mirror(reflecting: value)
    var sum = 0
    while let current = mirror {
        if current.displayStyle == .collection { sum += current.children.count * 16 }
        for child in current.children { sum += weight(of: child.value) }
        mirror = current.superclassMirror
    }
    return sum
}

/// Hears a conversation, keeps what it is told, and notes the first thing that should not be.
private final class Eavesdropper: HearingListener {
    struct Message: Equatable, CustomStringConvertible {
        var direction = Direction.upstream
        var bytes: [UInt8] = []
        /// Nil for what is unfinished.
        var ending: Ending?
        var kind: String?

        var description: String {
            "\(direction == .upstream ? ">" : "<")\(bytes) \(ending.map { "\($0)" } ?? "…") \(kind ?? "-")"
        }
    }

    struct Told: Equatable {
        var messages: [Message] = []
        var losses: [String] = []
        var framings: [String] = []
    }

    let hearing: Hearing
    private(set) var told = Told()
    private var unfinished = PerDirection(both: Message())
    private var isLost = PerDirection(both: false)
    private var violation: String?
    /// For long conversations, of which nothing is to be kept.
    private var keeps = false

    init(_ framing: String) throws(BrokenProperty) {
        guard let hearing = (try? Framing(parsing: framing))?.makeHearing() else {
            throw BrokenProperty("\(framing) is none that a framer hears.")
        }
        self.hearing = hearing
    }

    func hear(_ turns: [Turn], cut cuts: Cuts) throws(BrokenProperty) {
        var cuts = cuts
        keeps = true
        var said = PerDirection<[UInt8]>(both: [])
        for turn in turns {
            said[turn.direction] += turn.bytes
            for piece in cuts.cut(turn.bytes) { hear(piece, turn.direction) }
            let undecided = hearing.undecidedByteCount(turn.direction)
            try hold(undecided < 2048, orElse: "\(undecided) bytes are undecided.")
        }
        for direction in Direction.allCases {
            hearing.end(direction, self)
            var last = unfinished[direction]
            last.direction = direction
            if !last.bytes.isEmpty { told.messages.append(last) }
            let heard = told.messages.filter { $0.direction == direction }.flatMap(\.bytes)
            try hold(
                heard == said[direction],
                orElse: "\(direction) \(heard) is heard where \(said[direction]) was said."
            )
        }
        if let violation { throw BrokenProperty(violation) }
    }

    func hear(_ bytes: [UInt8], _ direction: Direction) {
        hearing.hear(bytes.span.bytes, direction, at: Timestamp(nanosecondsSince1970: 0), self)
    }

    func heard(_ bytes: RawSpan, _ ending: Ending?, kind: String?, _ direction: Direction, at: Timestamp) {
        guard keeps else { return }
        if bytes.isEmpty { violation = "nothing at all is heard" }
        if let kind, kind.utf8.count > 64 || !kind.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            violation = "a message is of the kind \(kind.debugDescription)"
        }
        if isLost[direction], ending != .chunk { violation = "something else than a chunk is heard after a loss" }
        bytes.withUnsafeBytes { unfinished[direction].bytes += $0 }
        unfinished[direction].kind = kind
        guard let ending else { return }
        var message = unfinished[direction]
        message.direction = direction
        message.ending = ending
        unfinished[direction] = Message()
        // Chunks are as long as reads happen to be: joined, they are comparable.
        if ending == .chunk, let last = told.messages.lastIndex(where: { $0.direction == direction }),
            told.messages[last].ending == .chunk
        {
            told.messages[last].bytes += message.bytes
        } else {
            told.messages.append(message)
        }
    }

    func framingRecognised(_ framing: Framing) { if keeps { told.framings.append(framing.description) } }

    func framingLost(_ direction: Direction, why: String) {
        if isLost[direction] { violation = "a direction is lost twice" }
        isLost[direction] = true
        if keeps { told.losses.append(why) }
    }
}
