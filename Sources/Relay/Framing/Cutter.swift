import Traffic

/// Cuts one direction where a framer says, however the bytes arrive.
///
/// Keeps no bytes but those of an unfinished part that its framer asked to see. Each byte is looked at once, of a message that
/// `wholeByteCount` gave up on twice.
struct Cutter {
    /// What is still to come of the part that is looked for; nil between two messages.
    private var part: Part?
    /// What the framer asked to see of a part that began in an earlier read.
    private var seen: [UInt8] = []
    private var remarks = Remarks()

    /// Cuts what was read, of which there is at least one byte, and tells its stretches: one behind the other they are all of it.
    ///
    /// Inlined into the closure made for each framer, so that what a part costs is what this framer does with it.
    @inline(__always)
    mutating func hear(
        _ bytes: RawSpan,
        _ direction: Direction,
        at: Timestamp,
        _ framer: inout some Framer,
        _ listener: any HearingListener
    ) {
        var start = 0
        var position = 0
        var part = part
        while position < bytes.byteCount {
            if part == nil {
                // Asked only now that the message's first byte is there.
                let rest = bytes.extracting(position..<bytes.byteCount)
                if let count = framer.wholeByteCount(direction, in: rest, &remarks) {
                    position += count
                    let message = bytes.extracting(start..<position)
                    listener.heard(message, .length, kind: remarks.kind, direction, at: at)
                    remarks.kind = nil
                    start = position
                    continue
                }
            }
            var current = part ?? framer.begin(direction)
            guard let end = Self.end(of: &current, in: bytes, from: position, framer) else {
                part = current
                break
            }
            switch verdict(on: current, in: bytes, position..<end, direction, &framer) {
            case .goesOn(let next):
                part = next
            case .ends:
                listener.heard(bytes.extracting(start..<end), current.ending, kind: remarks.kind, direction, at: at)
                remarks.kind = nil
                start = end
                part = nil
            case .lost:
                listener.heard(bytes.extracting(start..<end), .chunk, kind: nil, direction, at: at)
                listener.framingLost(direction, why: remarks.loss)
                remarks.kind = nil
                start = end
                part = .chunks
            }
            position = end
        }
        self.part = part
        guard let part, start < bytes.byteCount else { return }
        if position < bytes.byteCount { see(part, in: bytes, position..<bytes.byteCount) }
        let ending: Ending? = part.isRead ? .chunk : nil
        listener.heard(bytes.extracting(start..<bytes.byteCount), ending, kind: remarks.kind, direction, at: at)
    }

    /// Where the part ends; nil if it does not end here, and then `part` is what is still to come of it.
    @inline(__always)
    private static func end(of part: inout Part, in bytes: RawSpan, from start: Int, _ framer: some Framer) -> Int? {
        switch part.end {
        case .byte(let byte):
            return bytes.position(of: byte, from: start)?.advanced(by: 1)
        case .mark(let number, var state):
            if let end = framer.marks[number].end(in: bytes, from: start, &state) { return end }
            part.end = .mark(number, state)
            return nil
        case .count(let count):
            let available = bytes.byteCount - start
            if count <= available { return start + count }
            part.end = .count(count - available)
            return nil
        case .endOfStream, .read:
            return nil
        }
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
            return framer.next(direction, after: shown, last: last, &remarks)
        }
        see(part, in: bytes, range)
        var shown: [UInt8] = []
        swap(&shown, &seen)
        // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
        let verdict = unsafe framer.next(direction, after: shown.span.bytes, last: last, &remarks)
        shown.removeAll(keepingCapacity: shown.capacity <= 256)
        swap(&shown, &seen)
        return verdict
    }

    /// Keeps what the framer is to be shown of a part that ends later, or began earlier.
    @inline(never)
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
