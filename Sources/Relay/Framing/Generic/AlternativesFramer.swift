import Traffic

/// Messages that end with any of several byte strings: `delimiter:0a/00`.
struct AlternativesFramer: Framer {
    let mark: Mark

    mutating func begin(_ direction: Direction) -> Part { .mark(mark) }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8) -> Verdict { .ends() }
}
