import Testing

@testable import AsyncChat

/// Work on input is linear in its bytes, whatever the terminator and however the stream is cut.
@Suite struct LinearWorkTests {
    /// A stream that is as hard for its terminator as one can be.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let terminator: [UInt8]
        let stream: [UInt8]

        var testDescription: String { name }

        static let all: [Case] = [
            Case(name: "empty messages", terminator: [10], stream: Array(repeating: 10, count: 65536)),
            Case(name: "CR without LF", terminator: [13, 10], stream: Array(repeating: 13, count: 65536)),
            Case(name: "aab in a's", terminator: [97, 97, 98], stream: Array(repeating: 97, count: 65536)),
            Case(name: "qqq in q's", terminator: [113, 113, 113], stream: Array(repeating: 113, count: 65536)),
            Case(
                name: "16 KiB of a's and b, in a's",
                terminator: long + [98],
                stream: Array(repeating: 97, count: 65536)
            ),
            Case(name: "16 KiB of a's and b, in almost that", terminator: long + [98], stream: almost(97)),
            Case(name: "16 KiB of a's and b, in almost that and c", terminator: long + [98], stream: almost(99)),
            Case(name: "16 KiB of a's, in a's", terminator: long, stream: Array(repeating: 97, count: 65536)),
            Case(
                name: "16 KiB of ab, in ab",
                terminator: period + [99],
                stream: (0..<65536).map { 97 + UInt8($0 & 1) }
            ),
        ]

        private static let long = [UInt8](repeating: 97, count: 16384)
        private static let period = (0..<16384).map { 97 + UInt8($0 & 1) }

        /// The long terminator three times, but for its last byte; then itself.
        private static func almost(_ last: UInt8) -> [UInt8] {
            long + [last] + long + [last] + long + [last] + long + [98]
        }
    }

    struct CountingMeter: ScanMeter {
        var byteCount = 0
        mutating func looked(byteCount: Int) { self.byteCount += byteCount }
    }

    /// A byte is looked at once to go on, and each time it was not what was hoped for shortens what matched before it: no
    /// more than twice in all (Knuth, Morris, Pratt).
    @Test(arguments: Case.all, [1, 7, 4096, 65536])
    func `the scanner looks at a byte twice at most`(_ it: Case, pieceByteCount: Int) {
        var scanner = TerminatorScanner(.bytes(Delimiter(it.terminator)))
        var meter = CountingMeter()
        var buffer: [UInt8] = []
        for start in stride(from: 0, to: it.stream.count, by: pieceByteCount) {
            let held = scanner.heldByteCount
            // The scanner does not look at what it holds back: anything may stand there.
            buffer = Array(repeating: 0, count: held) + it.stream[start...].prefix(pieceByteCount)
            var position = 0
            scanning: while position < buffer.count {
                switch scanner.step(in: buffer.span.bytes, from: position, meter: &meter) {
                case .collect(_, held: _): break scanning
                case .message(let range, let byteCount): position = range.upperBound + byteCount
                }
            }
        }
        #expect(meter.byteCount >= it.stream.count)
        #expect(meter.byteCount <= 2 * it.stream.count)
    }

    @Test(arguments: Case.all, [1, 7, 4096, 65536])
    func `a channel moves a byte once at most`(_ it: Case, pieceByteCount: Int) throws {
        let channel = try FedChannel(loop: makeLoop(), terminator: .bytes(Delimiter(it.terminator)))
        defer { channel.close() }
        channel.feed(it.stream, pieceByteCount: pieceByteCount)
        #expect(channel.copiedInputByteCount <= it.stream.count)
        let heard = channel.messages.flatMap { $0 + it.terminator } + channel.tail + channel.pendingInput
        #expect(heard == it.stream)
    }

    /// What a throwing callback leaves behind is not moved again for each message that it then throws for.
    @Test(arguments: [1, 7, 4096, 65536])
    func `a callback that throws for every message costs no more than its bytes`(pieceByteCount: Int) throws {
        let channel = try FedChannel(loop: makeLoop(), terminator: .bytes("\n"))
        defer { channel.close() }
        channel.onFound = { _ in throw NeverHappened() }
        let stream = [UInt8](repeating: 10, count: 65536)
        channel.feed(stream, pieceByteCount: pieceByteCount)
        let behind = channel.pendingInputByteCount
        #expect(channel.messages.count + behind == stream.count)
        #expect(channel.copiedInputByteCount <= 3 * stream.count)
        // One read event, one message, until nothing is left.
        for _ in 0..<behind { channel.feed([10], pieceByteCount: 1) }
        #expect(channel.pendingInputByteCount == behind)
        #expect(channel.copiedInputByteCount <= 3 * (stream.count + behind))
    }
}
