/// A framing as `overhear framings` and the help list it.
package struct ListedFraming: Sendable {
    package let name: String
    /// What stands after the colon, in words; empty where nothing does.
    let argument: String
    /// One that works.
    package let example: String
    /// What it is for.
    package let summary: String

    var takesArgument: Bool { !argument.isEmpty }

    private init(_ name: String, taking argument: String = "", example: String? = nil, _ summary: String) {
        self.name = name
        self.argument = argument
        self.example = example ?? name
        self.summary = summary
    }

    package static let all: [ListedFraming] =
        generic + NamedProtocol.allCases.map { ListedFraming($0.rawValue, $0.summary) }

    private static let generic: [ListedFraming] = [
        ListedFraming("none", "each read is a chunk; the default"),
        ListedFraming("auto", "one of the protocols below, recognised from the first bytes; else chunks"),
        ListedFraming("lf", "lines that end with a line feed"),
        ListedFraming("crlf", "lines that end with carriage return and line feed"),
        ListedFraming("nul", "messages that end with a zero byte"),
        ListedFraming(
            "delimiter",
            taking: "its bytes in hexadecimal",
            example: "delimiter:0d0a0d0a",
            "messages that end with these bytes; several alternatives are separated by /"
        ),
        ListedFraming("fixed", taking: "a number of bytes", example: "fixed:32", "messages of one length"),
        ListedFraming(
            "length",
            taking: "the form of the length",
            example: "length:u32be/at=1/add=-4",
            "messages that say how long they are: u8, u16, u24, u32, u64 with be or le, or varint; at= bytes before "
                + "that, add= to the number for what follows it"
        ),
        ListedFraming("octet", "a decimal length, a space, the message: syslog over TCP (RFC 6587)"),
        ListedFraming(
            "between",
            taking: "its start and end mark in hexadecimal",
            example: "between:0b/1c0d",
            "messages between a start and an end mark, such as MLLP"
        ),
    ]

    package static var names: String { all.map(\.name).joined(separator: ", ") }

    /// Why a text names none, as one sentence.
    static func unknown(_ name: String, in text: String) -> String {
        if let known = synonyms[name.lowercased()] {
            return "unknown framing '\(text)'; did you mean \(known)? See overhear framings"
        }
        let nearest = all.map { ($0.name, distance(name.lowercased(), $0.name)) }.min { $0.1 < $1.1 }
        guard let nearest, nearest.1 <= max(1, nearest.0.count / 2), !name.isEmpty else {
            return "unknown framing '\(text)'; known are \(names)"
        }
        return "unknown framing '\(text)'; did you mean \(nearest.0)? See overhear framings"
    }

    /// What people may call them.
    private static let synonyms = [
        "redis": "resp", "mariadb": "mysql", "valkey": "resp", "mllp": "between:0b/1c0d", "hl7": "between:0b/1c0d",
        "syslog": "octet",
        "line": "lf", "lines": "lf", "newline": "lf", "json": "lf", "chunk": "none", "off": "none", "lmtp": "smtp",
    ]

    /// How many letters have to be put in, left out or changed to make one word of another (Levenshtein).
    private static func distance(_ word: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, letter) in word.prefix(32).enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let changed = diagonal + (letter == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }
}
