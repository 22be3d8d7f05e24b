import Traffic

/// Listens until it recognises the protocol, then hears it from the beginning: `--framing auto`.
///
/// What is said until then is kept, as it was read, and told afterwards with the times it was read at. Nothing is relayed any
/// later for it. Where no protocol is recognised each read is a chunk.
final class AutoHearing: Hearing {
    private enum State {
        case listening
        case recognised(Hearing)
        /// It is none of those known.
        case unframed
    }

    private struct Stretch {
        let bytes: [UInt8]
        let direction: Direction
        let at: Timestamp
    }

    private var state = State.listening
    private var stretches: [Stretch] = []
    /// The beginning of each direction.
    private var beginnings = PerDirection<[UInt8]>(both: [])

    override func hear(_ bytes: RawSpan, _ direction: Direction, at: Timestamp, _ listener: any HearingListener) {
        switch state {
        case .recognised(let hearing):
            hearing.hear(bytes, direction, at: at, listener)
        case .unframed:
            listener.heard(bytes, .chunk, kind: nil, direction, at: at)
        case .listening:
            // The span is lent for this call, and the closure copies what it reads.
            let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
            stretches.append(Stretch(bytes: copy, direction: direction, at: at))
            let room = Recognition.longest - beginnings[direction].count
            beginnings[direction] += copy.prefix(room)
            let recognition = Recognition(upstream: beginnings.upstream, downstream: beginnings.downstream)
            if case .decided(let name) = recognition { decide(name, listener) }
        }
    }

    override func end(_ direction: Direction, _ listener: any HearingListener) {
        if case .listening = state, !stretches.isEmpty { decide(nil, listener) }
    }

    override func undecidedByteCount(_ direction: Direction) -> Int {
        stretches.reduce(0) { $0 + ($1.direction == direction ? $1.bytes.count : 0) }
    }

    private func decide(_ name: NamedProtocol?, _ listener: any HearingListener) {
        state = name.map { .recognised($0.makeHearing()) } ?? .unframed
        listener.framingRecognised(name.map(Framing.named) ?? .none)
        let heard = stretches
        stretches = []
        beginnings = PerDirection(both: [])
        for stretch in heard {
            // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
            unsafe hear(stretch.bytes.span.bytes, stretch.direction, at: stretch.at, listener)
        }
    }
}
