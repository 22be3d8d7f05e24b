import AsyncChat
import Relay
import Traffic

/// How a conversation ends.
enum WireEnding: CaseIterable {
    /// Each side ends its stream when it has said everything.
    case together
    /// One side ends its stream first; the other goes on speaking and ends later.
    case clientFirst, upstreamFirst
    /// One side resets the connection in the middle of what it says.
    case clientResets, upstreamResets
    /// One side closes in the middle, whether or not it has read everything.
    case clientLeaves, upstreamLeaves
    /// Nobody answers at the upstream address.
    case refused
    /// The relay gives the session up.
    case aborted
}

/// One conversation, drawn from a seed: what both sides say, in which pieces, and how it ends.
struct WireScript: CustomStringConvertible {
    let seed: UInt64
    let framing: PerDirection<Framing>
    let streams: PerDirection<[UInt8]>
    /// The relay reads, and peers send, so many bytes at a time; nil for a random number each time.
    let cut: Int?
    let ending: WireEnding
    /// Small buffers everywhere and peers that read slowly: queues fill up.
    let isNarrow: Bool
    /// How much of each message the record keeps.
    let payloadByteCount: Int
    /// Where the record cuts a message.
    let overlongByteCount: Int

    var description: String {
        "seed \(seed): \(framing.upstream) ▸ \(framing.downstream), \(streams.upstream.count) ▸ "
            + "\(streams.downstream.count) bytes, cut \(cut.map(String.init) ?? "at random"), \(ending)"
            + (isNarrow ? ", narrow" : "") + (payloadByteCount < 1 << 20 ? ", keeping \(payloadByteCount)" : "")
            + (overlongByteCount < 16 << 20 ? ", cutting after \(overlongByteCount)" : "")
    }

    init(seed: UInt64, framing: PerDirection<Framing>, cut: Int?, ending: WireEnding, isNarrow: Bool = false) {
        var random = WireRandom(seed: seed)
        self.seed = seed
        self.framing = framing
        self.cut = cut
        self.ending = ending
        self.isNarrow = isNarrow
        payloadByteCount = random.chance(1, in: 4) ? Int.random(in: 0...40, using: &random) : 1 << 20
        overlongByteCount = random.chance(1, in: 4) ? Int.random(in: 1...60, using: &random) : 16 << 20
        let longest = isNarrow ? 120_000 : cut == nil ? 3000 : 40 * (cut ?? 1) + 60
        streams = PerDirection(
            upstream: Self.stream(longest, framing.upstream, .upstream, &random),
            downstream: Self.stream(longest, framing.downstream, .downstream, &random)
        )
    }

    /// Bytes in which the framing's terminator, beginnings of it and neighbours of those are all frequent.
    private static func stream(
        _ longest: Int,
        _ framing: Framing,
        _ direction: Direction,
        _ random: inout WireRandom
    ) -> [UInt8] {
        guard !random.chance(1, in: 12) else { return [] }
        let count = Int.random(in: 1...longest, using: &random)
        let samples = FramingSamples.messages(framing, direction)
        guard samples.isEmpty else { return stream(count, of: samples, &random) }
        let terminator: [UInt8] =
            switch framing {
            case .delimiter(let delimiter): delimiter.bytes
            case .alternatives(let mark): mark.alternatives.randomElement(using: &random) ?? [10]
            default: [10]
            }
        var stream: [UInt8] = []
        stream.reserveCapacity(count + terminator.count)
        while stream.count < count {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: stream += terminator
            case 2: stream += terminator.prefix(Int.random(in: 0...terminator.count, using: &random))
            case 3: stream += terminator.suffix(Int.random(in: 0...terminator.count, using: &random))
            case 4: stream.append(terminator.randomElement(using: &random) ?? 0)
            default: stream += (0..<Int.random(in: 1...9, using: &random)).map { _ in random.byte() }
            }
        }
        // Half of the streams end in a beginning of the terminator.
        if random.chance(1, in: 2) {
            stream += terminator.dropLast(Int.random(in: 1...terminator.count, using: &random))
        }
        return stream
    }

    /// Whole messages, one of them in some streams with a wrong byte, and the last often cut short.
    private static func stream(_ count: Int, of samples: [[UInt8]], _ random: inout WireRandom) -> [UInt8] {
        var stream: [UInt8] = []
        while stream.count < count { stream += samples.randomElement(using: &random) ?? [] }
        if random.chance(1, in: 3) { stream[Int.random(in: stream.indices, using: &random)] = random.byte() }
        return random.chance(1, in: 2) ? stream : Array(stream.prefix(count))
    }
}

/// The splitter nobody could get wrong: what the record of a stream must say.
enum NaiveSplitter {
    struct Piece: Equatable {
        let bytes: [UInt8]
        let ending: Ending
    }

    /// The same, with what is longer than a bound cut there.
    static func split(_ stream: [UInt8], _ framing: Framing, cuttingAfter limit: Int) -> [Piece] {
        split(stream, framing).flatMap { piece in
            stride(from: 0, to: piece.bytes.count, by: limit).map { start in
                let isLast = start + limit >= piece.bytes.count
                return Piece(
                    bytes: Array(piece.bytes[start...].prefix(limit)),
                    ending: isLast ? piece.ending : .overlong
                )
            }
        }
    }

    static func split(_ stream: [UInt8], _ framing: Framing) -> [Piece] {
        var pieces: [Piece] = []
        var current: [UInt8] = []
        for byte in stream {
            current.append(byte)
            switch framing {
            case .delimiter(let delimiter):
                guard current.suffix(delimiter.bytes.count) == delimiter.bytes[...] else { continue }
                pieces.append(Piece(bytes: current, ending: .terminator))
            case .fixed(let byteCount):
                guard current.count == byteCount else { continue }
                pieces.append(Piece(bytes: current, ending: .length))
            case .alternatives(let mark):
                guard mark.alternatives.contains(where: { current.suffix($0.count) == $0[...] }) else { continue }
                pieces.append(Piece(bytes: current, ending: .terminator))
            default:
                continue
            }
            current = []
        }
        if !current.isEmpty { pieces.append(Piece(bytes: current, ending: .endOfStream)) }
        return pieces
    }
}

/// Random numbers that a seed repeats (Marsaglia's xorshift).
struct WireRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<8 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &self) }

    mutating func chance(_ count: Int, in total: Int) -> Bool { Int.random(in: 0..<total, using: &self) < count }
}
