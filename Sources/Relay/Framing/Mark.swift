/// Byte strings, any of which ends a part, prepared for searching all at once.
///
/// One table look-up a byte, whatever the strings are (Aho, Corasick): the work is linear, and what has matched so far is one
/// number, so that no byte is kept for it. Where a string lies within another the one that ends first is found. Made once, with
/// its framing: all sessions share the table.
package struct Mark: Equatable, Sendable {
    /// How much of the strings has matched.
    typealias State = UInt16

    package let alternatives: [[UInt8]]
    /// By state and byte: the next state, with `found` set where a string is complete.
    private let transitions: [State]
    /// The byte that all of them begin with; -1 where there is no such byte.
    private let firstByte: Int

    private static let found: State = 0x8000
    /// Keeps the table within 128 KiB.
    static let longestTotal = 255

    /// - Parameter alternatives: none of them empty, together at most `longestTotal` bytes.
    init(_ alternatives: [[UInt8]]) {
        let total = alternatives.reduce(0) { $0 + $1.count }
        precondition(alternatives.allSatisfy { !$0.isEmpty } && (1...Self.longestTotal).contains(total))
        self.alternatives = alternatives
        transitions = Self.table(of: alternatives)
        let firstBytes = Set(alternatives.map { $0[0] })
        firstByte = firstBytes.count == 1 ? Int(alternatives[0][0]) : -1
    }

    /// As a framing is written: in hexadecimal.
    var text: String { alternatives.map(Hexadecimal.text).joined(separator: "/") }

    package static func == (left: Mark, right: Mark) -> Bool { left.alternatives == right.alternatives }

    /// Where the part ends that goes on at `start`: after the byte that completes one of the strings.
    func end(in bytes: RawSpan, from start: Int, _ state: inout State) -> Int? {
        var position = start
        var current = state
        while position < bytes.byteCount {
            if current == 0, firstByte >= 0 {
                guard let hit = bytes.position(of: UInt8(firstByte), from: position) else { break }
                position = hit
            }
            current = transitions[Int(current) << 8 | Int(bytes[byte: position])]
            position += 1
            if current & Self.found != 0 { return position }
        }
        state = current
        return nil
    }

    /// The state in which these bytes, which complete nothing, leave a search.
    func state(after bytes: [UInt8]) -> State {
        bytes.reduce(0) { transitions[Int($0) << 8 | Int($1)] & ~Self.found }
    }

    private static func table(of alternatives: [[UInt8]]) -> [State] {
        var children: [[UInt8: Int]] = [[:]]
        var isFound = [false]
        for alternative in alternatives {
            var node = 0
            for byte in alternative {
                if let child = children[node][byte] {
                    node = child
                } else {
                    children.append([:])
                    isFound.append(false)
                    children[node][byte] = children.count - 1
                    node = children.count - 1
                }
            }
            isFound[node] = true
        }
        // Breadth first: where a state leads for a byte it has no child for, the shorter match it falls back to knows.
        var table = [State](repeating: 0, count: children.count << 8)
        var fallback = [Int](repeating: 0, count: children.count)
        var queue = [0]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for byte in UInt8.min...UInt8.max {
                let shorter = node == 0 ? 0 : Int(table[fallback[node] << 8 | Int(byte)] & ~found)
                guard let child = children[node][byte] else {
                    table[node << 8 | Int(byte)] = node == 0 ? 0 : table[fallback[node] << 8 | Int(byte)]
                    continue
                }
                fallback[child] = shorter
                if isFound[shorter] { isFound[child] = true }
                table[node << 8 | Int(byte)] = State(child) | (isFound[child] ? found : 0)
                queue.append(child)
            }
        }
        return table
    }
}
