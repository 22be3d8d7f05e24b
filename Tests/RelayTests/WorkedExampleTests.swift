import Foundation
import FuzzCases
import Testing
import Traffic

@testable import Relay

// The framer that docs/FRAMING.md explains, word for word.

struct ToyFramer: Framer {
    private enum Phase { case head, body, bareAnswer }

    private var phase = PerDirection(both: Phase.head)
    private var owesBareAnswer = false

    // The first byte of a message has come: what ends its first part?
    mutating func begin(_ direction: Direction) -> Part {
        if direction == .downstream, owesBareAnswer {
            phase.downstream = .bareAnswer
            return .count(1)
        }
        phase[direction] = .head
        return .count(2, seeing: 2)
    }

    // The part named last has come to its end: what now?
    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch phase[direction] {
        case .head:
            let type = seen[byte: 0]
            guard type >= 0x41 else { return remarks.lost("there is no type below A") }
            if direction == .upstream, type == UInt8(ascii: "B") { owesBareAnswer = true }
            remarks.kind = Kind.text(seen, 0..<1)
            let count = Int(last)
            guard count > 0 else { return .ends }
            phase[direction] = .body
            return .goesOn(.count(count))
        case .body:
            return .ends
        case .bareAnswer:
            owesBareAnswer = false
            remarks.kind = "bare"
            return .ends
        }
    }
}

@Suite struct `The worked example` {
    @Test func `is what the document shows`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/FRAMING.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        let block = try #require(document.components(separatedBy: "```swift\n").dropFirst().first)
        let example = try #require(block.components(separatedBy: "```").first)
        #expect(source.contains(example))
    }

    @Test func `does what the document says`() {
        let listener = Hearsay(PerDirection(both: .none))
        let hearing = FramedHearing(ToyFramer())
        let at = Timestamp(nanosecondsSince1970: 0)
        for (direction, bytes) in [
            (.upstream, [0x41, 2, 1, 2, 0x42, 0]), (.downstream, [7, 0x43, 1, 9]), (.upstream, [0x40, 1]),
        ] as [(Direction, [UInt8])] {
            for byte in bytes { hearing.hear([byte].span.bytes, direction, at: at, listener) }
        }
        #expect(listener.messages.map(\.kind) == ["A", "B", "bare", "C", nil])
        #expect(listener.losses == ["there is no type below A"])
    }
}
