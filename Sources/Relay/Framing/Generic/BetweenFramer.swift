import Traffic

/// Messages between a start mark and an end mark: `between:0b/1c0d` is MLLP.
///
/// What stands in front of a start mark belongs to the message it begins.
struct BetweenFramer: Framer {
    private let start: Mark
    private let end: Mark
    private var isInside = PerDirection(both: false)

    init(start: [UInt8], end: [UInt8]) {
        self.start = Mark([start])
        self.end = Mark([end])
    }

    mutating func begin(_ direction: Direction) -> Part {
        isInside[direction] = false
        return .mark(start)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8) -> Verdict {
        if isInside[direction] { return .ends() }
        isInside[direction] = true
        return .goesOn(.mark(end))
    }
}
