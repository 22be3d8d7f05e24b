import AsyncChat

/// The scanner, read by read, against the reference: the same is collected and found, and the same held back.
///
/// Bytes: alphabet; terminators; choices (a count, then one for each callback and read, again and again: from 192 on it
/// names another terminator); cuts (a count, then byte counts); the stream.
public func fuzzScanner(_ bytes: [UInt8]) throws(BrokenProperty) {
    var script = Script(bytes)
    let alphabet = Alphabet(script.byte())
    let terminators = script.terminators(in: alphabet)
    let choices = script.countedBytes()
    var cuts = Cuts(script.countedBytes())
    let stream = alphabet.spell(script.takeRest())

    var run = ScannerRun(terminators: terminators, choices: choices)
    for piece in cuts.cut(stream) {
        try run.read(piece)
        if case .bytes(let needle) = terminators[0] { try checkPrefixAtEnd(of: run.latestBytes, needle) }
    }
}

private func checkPrefixAtEnd(of haystack: [UInt8], _ needle: [UInt8]) throws(BrokenProperty) {
    let found = findPrefixAtEnd(haystack, needle)
    let expected = ReferenceChat.prefixAtEnd(of: haystack, needle)
    try hold(
        found == expected,
        orElse: "findPrefixAtEnd says \(found) where \(expected) bytes of \(needle) end \(haystack)."
    )
}

/// A scanner and the reference, fed the same.
private struct ScannerRun {
    /// The terminator that a callback or read names, by their number; mostly none.
    private let terminator: (Int) -> ReferenceTerminator?
    private var choiceCount = 0
    private var scanner: TerminatorScanner
    private var reference: ReferenceChat
    private var held: [UInt8] = []
    private(set) var latestBytes: [UInt8] = []

    init(terminators: [ReferenceTerminator], choices: [UInt8]) {
        terminator = { number in
            guard !choices.isEmpty, choices[number % choices.count] >= 192 else { return nil }
            return terminators[Int(choices[number % choices.count]) % terminators.count]
        }
        scanner = TerminatorScanner(terminators[0].terminator)
        reference = ReferenceChat(terminator: terminators[0])
    }

    mutating func read(_ piece: [UInt8]) throws(BrokenProperty) {
        latestBytes = Array((latestBytes + piece).suffix(300))
        if let other = terminator(choiceCount) {
            scanner.setTerminator(other.terminator)
            reference.terminator = other
        }
        choiceCount += 1

        let terminator = terminator
        var choice = choiceCount
        var expected: [ReferenceChat.Event] = []
        reference.read(piece) { event in
            expected.append(event)
            choice += 1
            return terminator(choice - 1)
        }
        let events = try scan(held + piece)
        try hold(events == expected, orElse: "The scanner says \(events) where \(expected) is meant.")
        try hold(
            held == reference.buffer,
            orElse: "The scanner leaves \(held) for later where \(reference.buffer) is meant."
        )
        try hold(
            scanner.terminator == reference.terminator.terminator,
            orElse: "The terminator is \(scanner.terminator) where \(reference.terminator) is meant."
        )
    }

    /// What a channel does with the scanner's answers.
    private mutating func scan(_ buffer: [UInt8]) throws(BrokenProperty) -> [ReferenceChat.Event] {
        var events: [ReferenceChat.Event] = []
        var position = 0
        while position < buffer.count {
            let heldByteCount: Int
            switch scanner.step(in: buffer.span.bytes, from: position) {
            case .collect(let range, let held):
                try check(range, from: position, upTo: buffer.count - held)
                try hold(
                    range.upperBound + held == buffer.count,
                    orElse: "The scanner collects \(range) and holds \(held) of \(buffer.count) bytes."
                )
                position = range.upperBound
                heldByteCount = held
                tell(.collect(Array(buffer[range])), &events)
            case .message(let range, let terminatorByteCount):
                try check(range, from: position, upTo: buffer.count - terminatorByteCount)
                position = range.upperBound + terminatorByteCount
                heldByteCount = 0
                tell(.collect(Array(buffer[range])), &events)
                tell(.found, &events)
            }
            if heldByteCount > 0 { break }
        }
        held = Array(buffer[position...])
        return events
    }

    private func check(_ range: Range<Int>, from start: Int, upTo end: Int) throws(BrokenProperty) {
        try hold(
            range.lowerBound == start && range.upperBound <= end,
            orElse: "The scanner answers \(range) for the bytes \(start) to \(end)."
        )
    }

    private mutating func tell(_ event: ReferenceChat.Event, _ events: inout [ReferenceChat.Event]) {
        if event == .collect([]) { return }
        events.append(event)
        if let other = terminator(choiceCount) { scanner.setTerminator(other.terminator) }
        choiceCount += 1
    }
}
