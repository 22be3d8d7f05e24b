import Testing

@testable import AsyncChat

@Suite struct `A terminator scanner` {
    @Test(
        arguments: ["\r\n", "\n", "aab", "aa", "qqq", "abab", "abaabab", "--boundary--"],
        ["", "aaab", "a\r\nb\r\n\r\nc\r", "qqqqqqqq", "abababab", "abaabaababab", "--bound--boundary--bou", "\r\r\n\n"]
    ) func `finds the same messages at every single and double cut`(delimiter: Delimiter, text: String) {
        let stream = Array(text.utf8)
        let whole = reference(stream, delimiter.bytes)
        for first in 0...stream.count {
            for second in first...stream.count {
                let pieces = [stream[..<first], stream[first..<second], stream[second...]]
                #expect(split(pieces.map(Array.init), .bytes(delimiter)) == whole, "cut at \(first) and \(second)")
            }
        }
    }

    @Test(arguments: 1...200) func `agrees with a plain search on random streams`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let delimiter = (0..<Int.random(in: 1...6, using: &random)).map { _ in UInt8.random(in: 97...98, using: &random)
        }
        let stream = (0..<200).map { _ in UInt8.random(in: 97...98, using: &random) }
        var pieces: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(9, rest.count), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(split(pieces, .bytes(Delimiter(delimiter))) == reference(stream, delimiter))
    }

    @Test func `keeps half a terminator until the other half decides`() {
        var scanner = TerminatorScanner(.bytes("\r\n"))
        #expect(scanner.step("ab\r") == .collect(0..<2, held: 1))
        #expect(scanner.step("\r\n") == .message(0..<0, terminatorByteCount: 2))
        #expect(scanner.step("\r") == .collect(0..<0, held: 1))
        #expect(scanner.step("\rx") == .collect(0..<2, held: 0))
    }

    @Test func `counts down and fires once`() {
        var scanner = TerminatorScanner(.count(5))
        #expect(scanner.step("abc") == .collect(0..<3, held: 0))
        #expect(scanner.terminator == .count(2))
        #expect(scanner.step("defg") == .message(0..<2, terminatorByteCount: 0))
        #expect(scanner.terminator == .count(0))
        #expect(scanner.step("defg", from: 2) == .collect(2..<4, held: 0))
    }

    @Test(arguments: [Terminator.none, .count(0), .bytes("")])
    func `collects for ever without a terminator`(terminator: Terminator) {
        var scanner = TerminatorScanner(terminator)
        #expect(scanner.step("a\r\nb") == .collect(0..<4, held: 0))
    }

    @Test func `looks at what it held anew when the terminator changes`() {
        var scanner = TerminatorScanner(.bytes("\r\n"))
        #expect(scanner.step("a\r") == .collect(0..<1, held: 1))
        scanner.setTerminator(.bytes("\r"))
        #expect(scanner.step("\rb") == .message(0..<0, terminatorByteCount: 1))
        #expect(scanner.step("\rb", from: 1) == .collect(1..<2, held: 0))
    }

    @Test func `may go from a delimiter to a count and back within one buffer`() {
        var scanner = TerminatorScanner(.bytes("\n"))
        #expect(scanner.step("3\nabcx\n") == .message(0..<1, terminatorByteCount: 1))
        scanner.setTerminator(.count(3))
        #expect(scanner.step("3\nabcx\n", from: 2) == .message(2..<5, terminatorByteCount: 0))
        scanner.setTerminator(.bytes("\n"))
        #expect(scanner.step("3\nabcx\n", from: 5) == .message(5..<6, terminatorByteCount: 1))
    }

    @Test func `does linear work`() {
        // Byte by byte, almost a terminator again and again: what is given to it is never more than one terminator long,
        // and it is asked once per read and once per message.
        let delimiter = Delimiter(Array(repeating: 97, count: 999) + [98])
        let stream = Array(repeating: UInt8(97), count: 20_000) + [98]
        var steps = 0
        var given = 0
        _ = split(stream.map { [$0] }, .bytes(delimiter)) { byteCount in
            steps += 1
            given = max(given, byteCount)
        }
        #expect(steps == stream.count)
        #expect(given == delimiter.bytes.count)
    }

    @Test func `asks once per message however many are in one read`() {
        var steps = 0
        let lines = Array(repeating: UInt8(10), count: 65_536)
        #expect(split([lines], .bytes("\n")) { _ in steps += 1 }.messages.count == 65_536)
        #expect(steps == 65_536)
    }

    @Test func `refuses to count to a negative number`() async {
        await #expect(processExitsWith: .failure) {
            var scanner = TerminatorScanner()
            scanner.setTerminator(.count(-1))
        }
    }

    // MARK: - What a channel does with the answers

    private struct Messages: Equatable {
        var messages: [[UInt8]] = []
        var rest: [UInt8] = []
    }

    private func split(
        _ pieces: [[UInt8]],
        _ terminator: Terminator,
        onStep: (_ bufferByteCount: Int) -> Void = { _ in }
    ) -> Messages {
        var scanner = TerminatorScanner(terminator)
        var result = Messages()
        var message: [UInt8] = []
        var held: [UInt8] = []
        for piece in pieces {
            let buffer = held + piece
            held = []
            var position = 0
            while position < buffer.count {
                onStep(buffer.count)
                switch scanner.step(in: buffer.span.bytes, from: position) {
                case .collect(let range, let heldByteCount):
                    message += buffer[range]
                    held = Array(buffer[range.upperBound...])
                    #expect(held.count == heldByteCount)
                    position = buffer.count
                case .message(let range, let terminatorByteCount):
                    result.messages.append(message + buffer[range])
                    message = []
                    position = range.upperBound + terminatorByteCount
                }
            }
        }
        result.rest = message + held
        return result
    }

    /// The leftmost terminator, again and again.
    private func reference(_ stream: [UInt8], _ delimiter: [UInt8]) -> Messages {
        var result = Messages()
        var rest = stream[...]
        while let start = rest.indices.first(where: { rest[$0...].starts(with: delimiter) }) {
            result.messages.append(Array(rest[..<start]))
            rest = rest[(start + delimiter.count)...]
        }
        result.rest = Array(rest)
        return result
    }
}

extension TerminatorScanner {
    fileprivate mutating func step(_ text: String, from position: Int = 0) -> Step {
        step(in: Array(text.utf8).span.bytes, from: position)
    }
}
