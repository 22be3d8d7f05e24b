import Traffic

/// Cuts one direction where a framer says, however the bytes arrive.
///
/// Keeps no bytes but those of an unfinished part that its framer asked to see. Each byte is looked at once.
struct Cutter {
    /// What the bytes from a position on come to.
    struct Cut {
        /// Where the stretch ends: the next begins there.
        let end: Int
        /// Why the message ends there; nil if it goes on.
        var ending: Ending?
        /// What kind of message it is, as far as that is known.
        var kind: String?
        /// Why the framer lost its way there, if it did.
        var lost: String?
    }

    /// What is being looked for; nil between two messages.
    private var part: Part?
    /// Of a count: how many bytes are still to come.
    private var left = 0
    /// Of a mark: how much of it has come.
    private var state: Mark.State = 0
    /// What the framer asked to see of a part that began in an earlier read.
    private var seen: [UInt8] = []
    private var kind: String?

    /// The next cut in the bytes from `start` on, of which there is at least one.
    @inline(__always)
    mutating func cut(_ bytes: RawSpan, from start: Int, _ direction: Direction, _ framer: inout some Framer) -> Cut {
        var position = start
        while true {
            let part = part ?? begin(framer.begin(direction))
            guard let end = end(of: part, in: bytes, from: position) else {
                return Cut(end: bytes.byteCount, ending: part.isRead ? .chunk : nil, kind: kind)
            }
            switch verdict(on: part, in: bytes, position..<end, direction, &framer) {
            case .goesOn(let next, let known):
                if let known { kind = known }
                begin(next)
                guard end < bytes.byteCount else { return Cut(end: end, kind: kind) }
                position = end
            case .ends(let known):
                let kind = known ?? self.kind
                self.part = nil
                self.kind = nil
                return Cut(end: end, ending: part.ending, kind: kind)
            case .lost(let why):
                begin(.chunks)
                kind = nil
                return Cut(end: end, ending: .chunk, lost: why)
            }
        }
    }

    @discardableResult
    @inline(__always)
    private mutating func begin(_ next: Part) -> Part {
        part = next
        switch next.end {
        case .count(let count): left = count
        case .mark(_, let begun): state = begun
        case .byte, .endOfStream, .read: break
        }
        return next
    }

    /// Where the part ends; nil if it does not end here, which is then remembered.
    @inline(__always)
    private mutating func end(of part: Part, in bytes: RawSpan, from start: Int) -> Int? {
        let end: Int?
        switch part.end {
        case .byte(let byte):
            end = bytes.position(of: byte, from: start)?.advanced(by: 1)
        case .mark(let mark, _):
            end = mark.end(in: bytes, from: start, &state)
        case .count:
            let available = bytes.byteCount - start
            end = left <= available ? start + left : nil
            left -= available
        case .endOfStream, .read:
            end = nil
        }
        if end == nil { see(part, in: bytes, start..<bytes.byteCount) }
        return end
    }

    @inline(__always)
    private mutating func verdict(
        on part: Part,
        in bytes: RawSpan,
        _ range: Range<Int>,
        _ direction: Direction,
        _ framer: inout some Framer
    ) -> Verdict {
        let last = bytes[byte: range.upperBound - 1]
        if seen.isEmpty {
            let count = min(part.seenByteCount, range.count)
            let shown = bytes.extracting(range.lowerBound..<range.lowerBound + count)
            return framer.next(direction, after: shown, last: last)
        }
        see(part, in: bytes, range)
        // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
        let verdict = unsafe framer.next(direction, after: seen.span.bytes, last: last)
        seen.removeAll(keepingCapacity: seen.capacity <= 256)
        return verdict
    }

    /// Keeps what the framer is to be shown of a part that ends later, or began earlier.
    private mutating func see(_ part: Part, in bytes: RawSpan, _ range: Range<Int>) {
        let count = min(part.seenByteCount - seen.count, range.count)
        guard count > 0 else { return }
        let shown = bytes.extracting(range.lowerBound..<range.lowerBound + count)
        // The span is lent for this call, and the closure reads inside it only.
        unsafe shown.withUnsafeBytes { unsafe seen.append(contentsOf: $0) }
    }
}

extension Part {
    fileprivate var isRead: Bool { if case .read = end { true } else { false } }

    /// Why a message ends that ends with this part.
    fileprivate var ending: Ending {
        switch end {
        case .byte, .mark: .terminator
        case .count: .length
        case .endOfStream: .endOfStream
        case .read: .chunk
        }
    }
}
