import FuzzCases
import Testing
import Traffic

@testable import Relay

/// One line of a conversation as a test writes it: what is said, and what is to be heard of it.
struct Line {
    let direction: Direction
    let bytes: [UInt8]
    let messages: [Hearsay.Message]
}

/// `> "…"` heard as one message of a kind, or as several.
func client(_ messages: (String, String?, Ending)...) -> Line { line(.upstream, messages) }
func server(_ messages: (String, String?, Ending)...) -> Line { line(.downstream, messages) }
func client(_ messages: [([UInt8], String?, Ending)]) -> Line { line(.upstream, messages) }
func server(_ messages: [([UInt8], String?, Ending)]) -> Line { line(.downstream, messages) }

private func line(_ direction: Direction, _ messages: [(String, String?, Ending)]) -> Line {
    line(direction, messages.map { (Array($0.0.utf8), $0.1, $0.2) })
}

private func line(_ direction: Direction, _ messages: [([UInt8], String?, Ending)]) -> Line {
    Line(
        direction: direction,
        bytes: messages.flatMap(\.0),
        messages: messages.map { Hearsay.Message(direction: direction, bytes: $0.0, ending: $0.2, kind: $0.1) }
    )
}

/// Plays a conversation at every cut from 1 to 9, whole, and at random cuts, in the order given: always the same is heard.
func expect(
    _ framing: String,
    hears lines: [Line],
    losing losses: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    // What is left unfinished is told at the end.
    let all = lines.flatMap(\.messages)
    let expected = all.filter { $0.ending != .endOfStream } + all.filter { $0.ending == .endOfStream }
    for cut in Array(1...9) + [64, .max] {
        let hearsay = try Hearsay(framing)
        hearsay.hear(lines.map { ($0.direction, $0.bytes) }, cut: cut)
        hearsay.end()
        #expect(hearsay.messages == expected, "cut \(cut)", sourceLocation: sourceLocation)
        #expect(hearsay.losses == losses, "cut \(cut)", sourceLocation: sourceLocation)
        if hearsay.messages != expected { return }
    }
    for seed in 1...8 as ClosedRange<UInt64> {
        var random = WireRandom(seed: seed)
        let hearsay = try Hearsay(framing)
        for line in lines {
            var rest = line.bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...40, using: &random)
                hearsay.hear(Array(rest.prefix(count)), line.direction)
                rest = rest.dropFirst(count)
            }
        }
        hearsay.end()
        #expect(hearsay.messages == expected, "seed \(seed)", sourceLocation: sourceLocation)
        #expect(hearsay.losses == losses, "seed \(seed)", sourceLocation: sourceLocation)
    }
}
