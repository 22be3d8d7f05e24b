import AsyncChat

extension Framing {
    /// Why a text names no framing, as one sentence.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The longest delimiter and the longest fixed message, in bytes.
    package static let longestDelimiter = 16 * 1024
    package static let longestFixedMessage = 1 << 30

    /// Reads the written form, as `overhear framings` lists it: `lf`, `delimiter:0d0a`, `length:u32be/at=4`, `http`.
    package init(parsing text: String) throws(Malformed) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (name, argument) = (parts[0], parts.count > 1 ? parts[1] : nil)
        if argument == nil, let simple = Self.simple[name] {
            self = simple
            return
        }
        if argument == nil, let named = NamedProtocol(rawValue: name) {
            self = .named(named)
            return
        }
        guard let listed = ListedFraming.all.first(where: { $0.name == name }) else {
            throw Malformed(description: ListedFraming.unknown(name, in: text))
        }
        guard listed.takesArgument else {
            throw Malformed(description: "framing '\(name)' stands alone; write \(name) instead of '\(text)'")
        }
        guard let argument else {
            throw Malformed(description: "framing '\(name)' needs \(listed.argument), such as \(listed.example)")
        }
        switch name {
        case "fixed": self = .fixed(byteCount: try Self.fixedCount(argument))
        case "length": self = .length(try LengthField(parsing: argument))
        case "between": self = try Self.betweenForm(argument)
        default: self = try Self.delimiterForm(argument)
        }
    }

    /// Those that are no more than a name.
    private static let simple: [String: Framing] = [
        "lf": .delimiter("\n"), "crlf": .delimiter("\r\n"), "nul": .delimiter([0]), "none": .none, "octet": .octet,
        "auto": .auto,
    ]

    private static func delimiterForm(_ text: String) throws(Malformed) -> Framing {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else { return .delimiter(Delimiter(try markBytes(text, atMost: longestDelimiter))) }
        var alternatives: [[UInt8]] = []
        for part in parts {
            let bytes = try markBytes(part, atMost: Mark.longestTotal)
            if !alternatives.contains(bytes) { alternatives.append(bytes) }
        }
        guard alternatives.reduce(0, { $0 + $1.count }) <= Mark.longestTotal else {
            throw Malformed(description: "the delimiters '\(text)' have more than \(Mark.longestTotal) bytes together")
        }
        if alternatives.count == 1 { return .delimiter(Delimiter(alternatives[0])) }
        for one in alternatives {
            for other in alternatives where other != one && other.dropLast().contains(one) {
                let (short, long) = (Hexadecimal.text(of: one), Hexadecimal.text(of: other))
                throw Malformed(
                    description: "the delimiter \(long) can never be found: \(short) ends a message within it"
                )
            }
        }
        return .alternatives(Mark(alternatives))
    }

    private static func betweenForm(_ text: String) throws(Malformed) -> Framing {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw Malformed(description: "'\(text)' is no pair of marks; write START/END, such as between:0b/1c0d")
        }
        return .between(
            start: Mark([try markBytes(parts[0], atMost: Mark.longestTotal)]),
            end: Mark([try markBytes(parts[1], atMost: Mark.longestTotal)])
        )
    }

    private static func markBytes(_ hex: String, atMost limit: Int) throws(Malformed) -> [UInt8] {
        guard let bytes = Hexadecimal.bytes(of: hex), (1...limit).contains(bytes.count) else {
            throw Malformed(
                description: "'\(hex)' is no delimiter; write 1 to \(limit) bytes in hexadecimal, such as 0d0a"
            )
        }
        return bytes
    }

    private static func fixedCount(_ text: String) throws(Malformed) -> Int {
        guard let count = Int(text), text.first != "+", (1...longestFixedMessage).contains(count) else {
            throw Malformed(description: "'\(text)' is no message length; write 1 to \(longestFixedMessage) bytes")
        }
        return count
    }
}

extension LengthField {
    /// Reads `u32be/at=4/add=8`.
    init(parsing text: String) throws(Framing.Malformed) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let form = Form(rawValue: parts[0]) else {
            let forms = Form.allCases.map(\.rawValue).joined(separator: ", ")
            throw Framing.Malformed(description: "'\(parts[0])' is no form of a length; known are \(forms)")
        }
        self.form = form
        var values: [String: Int] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let bounds = Self.bounds(of: pair[0])
            guard pair.count == 2, let bounds, values[pair[0]] == nil else {
                throw Framing.Malformed(description: "'\(part)' is neither at=BYTES nor add=BYTES, each at most once")
            }
            guard let value = Int(pair[1]), pair[1].first != "+", bounds.contains(value) else {
                let (low, high) = (bounds.lowerBound, bounds.upperBound)
                throw Framing.Malformed(description: "'\(part)' is out of bounds; write \(low) to \(high) bytes")
            }
            values[pair[0]] = value
        }
        offset = values["at"] ?? 0
        addition = values["add"] ?? 0
    }

    private static func bounds(of key: String) -> ClosedRange<Int>? {
        switch key {
        case "at": 0...longestOffset
        case "add": -largestAddition...largestAddition
        default: nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// Does it hold these bytes, one after the other?
    fileprivate func contains(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= count else { return false }
        return (startIndex...endIndex - bytes.count).contains { self[$0..<$0 + bytes.count].elementsEqual(bytes) }
    }
}
