import Traffic

/// Messages that end with any of several byte strings: `delimiter:0a/00`.
struct AlternativesFramer: Framer {
    let marks: [Mark]

    init(_ mark: Mark) {
        marks = [mark]
    }

    mutating func begin(_ direction: Direction) -> Part { .mark() }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        .ends
    }
}
