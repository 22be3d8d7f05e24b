import Glibc

/// Finds terminators in a byte stream that arrives in arbitrary cuts.
///
/// Sees no socket and keeps no bytes: its answers are ranges into the caller's buffer. What it holds back, a beginning of
/// the terminator at the end of the buffer, the caller puts in front of the next bytes; the scanner remembers how much of
/// it matched, so that no byte is judged twice. Asked anew before every step, because a callback may have changed the
/// terminator (asynchat.py, `handle_read`).
public struct TerminatorScanner: Sendable {
    /// What the stream is scanned for. A count is what is left of it: it goes down as bytes are collected and is 0 after it
    /// fired.
    public private(set) var terminator: Terminator
    /// How many bytes at the front of the next buffer are known to be a beginning of the terminator: they are not looked at
    /// again.
    private(set) var heldByteCount: Int {
        get { Int(held) }
        set { held = UInt32(newValue) }
    }

    /// Of a terminator, which is not longer than four gigabytes.
    private var held: UInt32 = 0

    /// What to do with the bytes from the position asked about.
    public enum Step: Equatable, Sendable {
        /// Collect this range. `held` bytes after it are a beginning of the terminator; if there are any, wait for more.
        case collect(Range<Int>, held: Int)
        /// Collect this range, which may be empty, then a message has ended: the terminator follows it in the buffer.
        case message(Range<Int>, terminatorByteCount: Int)
    }

    /// Starts with a terminator and nothing held.
    public init(_ terminator: Terminator = .none) {
        self.terminator = terminator
    }

    /// Scans for something else from the next step on, starting over with bytes held back.
    public mutating func setTerminator(_ terminator: Terminator) {
        if case .count(let count) = terminator {
            precondition(count >= 0, "a terminator cannot count to a negative number")
        }
        self.terminator = terminator
        heldByteCount = 0
    }

    /// What is held back, which is a beginning of the terminator.
    var heldBytes: ArraySlice<UInt8> { delimiterBytes[..<heldByteCount] }

    /// The byte string looked for; empty where it is none.
    var delimiterBytes: [UInt8] {
        if case .bytes(let delimiter) = terminator { delimiter.bytes } else { [] }
    }

    /// The next step for the bytes of a non-empty buffer from `position` on. Everything before it was dealt with.
    public mutating func step(in buffer: RawSpan, from position: Int) -> Step {
        var meter = NoMeter()
        return step(in: buffer, from: position, meter: &meter)
    }

    /// The same, telling a meter how often bytes are looked at.
    mutating func step(in buffer: RawSpan, from position: Int, meter: inout some ScanMeter) -> Step {
        switch terminator {
        case .bytes(let delimiter) where !delimiter.bytes.isEmpty:
            let known = heldByteCount
            let end = buffer.byteCount
            let (match, matched) = buffer.withUnsafeBytes {
                Self.find(delimiter, in: $0, from: position + known, matched: known, meter: &meter)
            }
            guard let match else {
                heldByteCount = matched
                return .collect(position..<end - matched, held: matched)
            }
            heldByteCount = 0
            return .message(position..<match, terminatorByteCount: delimiter.bytes.count)
        case .count(let count) where count > 0:
            let available = buffer.byteCount - position
            let taken = min(count, available)
            terminator = .count(count - taken)
            let range = position..<position + taken
            return count > available ? .collect(range, held: 0) : .message(range, terminatorByteCount: 0)
        case .bytes, .count, .none:
            return .collect(position..<buffer.byteCount, held: 0)
        }
    }

    /// Where the delimiter begins, or how much of it the buffer ends with.
    ///
    /// memchr(3) finds a first byte; from there each byte moves the match on or shortens it (Knuth, Morris, Pratt), so
    /// that the work is linear for every delimiter.
    private static func find(
        _ delimiter: Delimiter,
        in buffer: UnsafeRawBufferPointer,
        from start: Int,
        matched: Int,
        meter: inout some ScanMeter
    ) -> (match: Int?, matched: Int) {
        delimiter.bytes.withUnsafeBufferPointer { wanted in
            guard let base = buffer.baseAddress else { return (nil, matched) }
            let first = CInt(wanted[0])
            let end = buffer.count
            var index = start
            var matched = matched
            while index < end {
                if matched == 0 {
                    let hit = memchr(base + index, first, end - index).map { UnsafeRawPointer($0) - base }
                    meter.looked(byteCount: (hit ?? end - 1) + 1 - index)
                    guard let hit else { return (nil, 0) }
                    index = hit + 1
                    matched = 1
                } else {
                    meter.looked(byteCount: 1)
                    guard buffer[index] == wanted[matched] else {
                        matched = Int(delimiter.borders[matched - 1])
                        continue
                    }
                    index += 1
                    matched += 1
                }
                if matched == wanted.count { return (index - matched, matched) }
            }
            return (nil, matched)
        }
    }
}

/// Counts how often a scan looks at a byte.
protocol ScanMeter {
    mutating func looked(byteCount: Int)
}

/// Counts nothing, and costs nothing.
private struct NoMeter: ScanMeter {
    mutating func looked(byteCount: Int) {}
}

/// How many bytes at the end of `haystack` are a beginning of `needle`, short of the whole (asynchat's
/// `find_prefix_at_end`).
public func findPrefixAtEnd(_ haystack: [UInt8], _ needle: [UInt8]) -> Int {
    let end = Array(haystack.suffix(max(0, needle.count - 1)))
    var scanner = TerminatorScanner(.bytes(Delimiter(needle)))
    guard !end.isEmpty, case .collect(_, let held) = scanner.step(in: end.span.bytes, from: 0) else { return 0 }
    return held
}
