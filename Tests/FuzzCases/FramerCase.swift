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

    let whole = try hear(turns, as: framing, cut: Cuts([]))
    for cuts in [cuts, [1]] {
        let other = try hear(turns, as: framing, cut: Cuts(cuts))
        try hold(
            other.messages == whole.messages && other.losses == whole.losses && other.recognised == whole.recognised,
            orElse: "\(framing) hears \(other.messages) in pieces and \(whole.messages) in turns."
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

private func hearsay(_ framing: String) throws(BrokenProperty) -> Hearsay {
    guard let hearsay = try? Hearsay(framing), hearsay.hearings.upstream != nil else {
        throw BrokenProperty("\(framing) is none that a framer hears.")
    }
    return hearsay
}

/// Hears a conversation to its end.
private func hear(_ turns: [Turn], as framing: String, cut cuts: Cuts) throws(BrokenProperty) -> Hearsay {
    let hearsay = try hearsay(framing)
    var cuts = cuts
    var said = PerDirection<[UInt8]>(both: [])
    for turn in turns {
        said[turn.direction] += turn.bytes
        for piece in cuts.cut(turn.bytes) { hearsay.hear(piece, turn.direction) }
        let undecided = hearsay.hearings[turn.direction]?.undecidedByteCount(turn.direction) ?? 0
        try hold(undecided < 2048, orElse: "\(undecided) bytes are undecided.")
    }
    hearsay.end()
    for direction in Direction.allCases {
        let heard = hearsay.messages.filter { $0.direction == direction }.flatMap(\.bytes)
        try hold(heard == said[direction], orElse: "\(direction) \(heard) is heard where \(said[direction]) was said.")
    }
    if let violation = hearsay.violation { throw BrokenProperty(violation) }
    return hearsay
}

/// Holds the conversation until much more was said than may be kept.
private func checkMemory(_ framing: String, _ turns: [Turn]) throws(BrokenProperty) {
    let hearsay = try hearsay(framing)
    hearsay.keeps = false
    var saidByteCount = 0
    while saidByteCount < 160 * 1024 {
        for turn in turns {
            hearsay.hear(turn.bytes, turn.direction)
            saidByteCount += turn.bytes.count
        }
    }
    let kept = weight(of: hearsay.hearings.upstream as Any)
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
