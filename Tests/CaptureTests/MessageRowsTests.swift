import Testing
import Traffic

@testable import Capture

@Suite struct `Rows of messages` {
    private struct Said: Equatable {
        var sequence: Int64
        var kind: String
        var payload: [UInt8]
    }

    private func append(_ said: Said, to rows: inout MessageRows) {
        let row = MessageRows.Row(
            session: said.sequence / 3,
            sequence: said.sequence,
            at: .max - said.sequence,
            byteCount: Int64(said.payload.count) + 7,
            payloadByteCount: said.payload.count,
            kindByteCount: UInt8(said.kind.utf8.count),
            direction: said.sequence % 2 == 0 ? .upstream : .downstream,
            ending: .length
        )
        rows.append(row, said.kind.isEmpty ? nil : said.kind, said.payload.span.bytes)
    }

    private func read(_ rows: MessageRows) -> [Said] {
        rows.read { messages in
            var said: [Said] = []
            while messages.leftCount > 0 {
                let message = messages.next()
                let row = message.row
                #expect(row.session == row.sequence / 3 && row.at == .max - row.sequence)
                #expect(row.byteCount == Int64(message.payload.count) + 7)
                #expect(row.direction == (row.sequence % 2 == 0 ? .upstream : .downstream))
                #expect(row.ending == .length)
                said.append(
                    Said(
                        sequence: row.sequence,
                        kind: String(decoding: message.kind, as: UTF8.self),
                        payload: Array(message.payload)
                    )
                )
            }
            return said
        }
    }

    @Test func `are read as they were put, whatever their sizes, and again when the memory is used again`() {
        var random = SystemRandomNumberGenerator()
        var rows = MessageRows()
        for round in 0..<20 {
            let said = (0..<Int64.random(in: 0...200, using: &random)).map { number in
                Said(
                    sequence: number,
                    kind: String(repeating: "k", count: number % 5 == 0 ? Int.random(in: 0...255, using: &random) : 0),
                    payload: (0..<Int.random(in: 0...(1 << Int.random(in: 0...12, using: &random)), using: &random))
                        .map { UInt8(truncatingIfNeeded: $0 &+ round) }
                )
            }
            for said in said { append(said, to: &rows) }
            #expect(rows.count == said.count)
            #expect(read(rows) == said)
            #expect(rows.rows.map(\.sequence) == said.map(\.sequence))
            rows.removeAll(keepingAtMost: .max)
            #expect(rows.count == 0 && read(rows).isEmpty)
        }
    }

    @Test func `of which there are none any more keep their memory, unless it is out of proportion`() {
        var rows = MessageRows()
        append(Said(sequence: 1, kind: "", payload: Array(repeating: 1, count: 100_000)), to: &rows)
        let capacity = rows.capacity
        #expect(capacity > 100_000)
        rows.removeAll(keepingAtMost: capacity)
        #expect(rows.capacity == capacity)
        append(Said(sequence: 1, kind: "", payload: Array(repeating: 2, count: 100_000)), to: &rows)
        #expect(rows.capacity == capacity)
        rows.removeAll(keepingAtMost: capacity - 1)
        #expect(rows.capacity == 0)
    }

    @Test func `that are a copy stay as they are while others are added`() {
        var rows = MessageRows()
        append(Said(sequence: 1, kind: "A", payload: [1]), to: &rows)
        let copy = rows
        append(Said(sequence: 2, kind: "B", payload: [2]), to: &rows)
        #expect(read(copy) == [Said(sequence: 1, kind: "A", payload: [1])])
        #expect(read(rows).count == 2)
    }
}
