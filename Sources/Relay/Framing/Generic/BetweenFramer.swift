import Traffic

/// Messages between a start mark and an end mark: `between:0b/1c0d` is MLLP.
///
/// What stands in front of a start mark belongs to the message it begins.
struct BetweenFramer: Framer {
    let marks: [Mark]
    private static let (start, end) = (0, 1)
    private var isInside = PerDirection(both: false)

    init(start: Mark, end: Mark) {
        marks = [start, end]
    }

    mutating func begin(_ direction: Direction) -> Part {
        isInside[direction] = false
        return .mark(Self.start)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        if isInside[direction] { return .ends }
        isInside[direction] = true
        return .goesOn(.mark(Self.end))
    }
}
