import AsyncChat

/// Arbitrary bytes, read as decisions. At their end every decision is 0, so that a case comes to rest.
struct Script {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number(below bound: Int) -> Int { Int(byte()) % bound }

    /// At most so many bytes, as many as there are.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Bytes after a byte that says how many.
    mutating func countedBytes() -> [UInt8] { bytes(Int(byte())) }

    mutating func takeRest() -> [UInt8] { bytes(rest.count) }

    /// One to four terminators: byte strings, counts, none.
    mutating func terminators(in alphabet: Alphabet) -> [ReferenceTerminator] {
        (0...number(below: 4)).map { _ in
            switch number(below: 4) {
            case 0, 1: .bytes(alphabet.spell(countedBytes()))
            case 2: .count(Int(byte()))
            default: .none
            }
        }
    }
}

/// Which bytes a case uses: with few of them terminators begin, overlap and break off often.
struct Alphabet {
    private let letterCount: UInt8?

    init(_ choice: UInt8) {
        letterCount = [nil, 2, 3, 8][Int(choice & 3)]
    }

    func spell(_ bytes: [UInt8]) -> [UInt8] {
        guard let letterCount else { return bytes }
        return bytes.map { UInt8(ascii: "a") + $0 % letterCount }
    }
}

/// Cuts a stream where a list says, which is gone through again and again; every piece where there is no list.
struct Cuts {
    private let byteCounts: [Int]
    private var next = 0

    init(_ byteCounts: [UInt8]) {
        self.byteCounts = byteCounts.map { max(1, Int($0)) }
    }

    mutating func cut(_ stream: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let count = byteCounts.isEmpty ? rest.count : byteCounts[next % byteCounts.count]
            next += 1
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
