/// Tells a protocol from the first bytes of both directions: what `--framing auto` goes by.
///
/// The answer depends on the bytes only, not on how they are cut: a protocol that may still turn out to be it is waited for.
enum Recognition: Equatable {
    case undecided
    /// Nil where it is none that is known.
    case decided(NamedProtocol?)

    /// So much of each direction is looked at; who has not given itself away by then is none of them.
    static let longest = 2048

    private enum Likeness { case no, maybe, yes }

    init(upstream: [UInt8], downstream: [UInt8]) {
        var isOpen = false
        for name in NamedProtocol.allCases {
            switch Self.likeness(name, upstream, downstream) {
            case .yes:
                self = .decided(name)
                return
            case .maybe: isOpen = true
            case .no: break
            }
        }
        let isLong = upstream.count >= Self.longest || downstream.count >= Self.longest
        self = isOpen && !isLong ? .undecided : .decided(nil)
    }

    private static func likeness(_ name: NamedProtocol, _ upstream: [UInt8], _ downstream: [UInt8]) -> Likeness {
        switch name {
        case .mysql:
            return upstream.isEmpty || !downstream.isEmpty ? greetsAsMySQL(downstream) : .no
        case .smtp:
            if downstream.isEmpty { return upstream.isEmpty ? .maybe : .no }
            let greeting = begins(downstream, with: ["220 ", "220-"])
            if greeting != .yes || upstream.isEmpty { return greeting == .no ? .no : .maybe }
            return begins(upstream.map { $0 | 0x20 }, with: ["ehlo ", "helo ", "lhlo "])
        case .http, .resp, .postgres, .mqtt:
            // The client speaks first.
            if upstream.isEmpty { return downstream.isEmpty ? .maybe : .no }
            return switch name {
            case .http: asksAsHTTP(upstream)
            case .resp: commandsAsRedis(upstream)
            case .postgres: startsAsPostgres(upstream)
            default: connectsAsMQTT(upstream)
            }
        }
    }

    private static func begins(_ bytes: [UInt8], with texts: [StaticString]) -> Likeness {
        var likeness = Likeness.no
        for text in texts {
            let wanted = text.withUTF8Buffer { unsafe Array($0) }
            guard bytes.prefix(wanted.count).elementsEqual(wanted.prefix(bytes.count)) else { continue }
            if bytes.count >= wanted.count { return .yes }
            likeness = .maybe
        }
        return likeness
    }

    /// A method in capitals, and a version at the end of the line.
    private static func asksAsHTTP(_ bytes: [UInt8]) -> Likeness {
        let method = bytes.prefix { (0x41...0x5A).contains($0) || $0 == 0x2D }
        guard method.count <= 32, method.count > 0 else { return .no }
        guard method.count < bytes.count else { return .maybe }
        guard bytes[method.count] == 0x20 else { return .no }
        guard let end = bytes.firstIndex(of: 10) else { return .maybe }
        let version = Array(" HTTP/1.".utf8)
        let line = bytes[..<end].reversed().drop { $0 == 13 }.dropFirst().reversed()
        return line.suffix(version.count).elementsEqual(version) ? .yes : .no
    }

    /// An array of bulk strings.
    private static func commandsAsRedis(_ bytes: [UInt8]) -> Likeness {
        guard bytes[0] == UInt8(ascii: "*") else { return .no }
        let digits = bytes.dropFirst().prefix { (0x30...0x39).contains($0) }
        guard digits.count <= 10 else { return .no }
        let rest = Array(bytes.dropFirst(1 + digits.count))
        if rest.isEmpty { return .maybe }
        return digits.isEmpty ? .no : begins(rest, with: ["\r\n$"])
    }

    /// A startup packet, or one of those that come before it.
    private static func startsAsPostgres(_ bytes: [UInt8]) -> Likeness {
        guard bytes.count >= 8 else { return bytes.prefix(2).allSatisfy { $0 == 0 } ? .maybe : .no }
        let length = bytes[0..<4].reduce(0) { $0 << 8 | Int($1) }
        let code = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard (8...10_000).contains(length) else { return .no }
        return code >> 16 == 3 || (80_877_102...80_877_104).contains(code) ? .yes : .no
    }

    /// The first packet, of version 10 and with a version of digits.
    private static func greetsAsMySQL(_ bytes: [UInt8]) -> Likeness {
        let places: [(UInt8) -> Bool] = [
            { $0 > 10 }, { $0 <= 3 }, { $0 == 0 }, { $0 == 0 }, { $0 == 10 }, { (0x30...0x39).contains($0) },
        ]
        for (byte, isRight) in zip(bytes, places) where !isRight(byte) { return .no }
        return bytes.count < places.count ? .maybe : .yes
    }

    private static func connectsAsMQTT(_ bytes: [UInt8]) -> Likeness {
        guard bytes[0] == 0x10 else { return .no }
        let more = bytes.dropFirst().prefix { $0 & 0x80 != 0 }.count
        guard more <= 3 else { return .no }
        let rest = Array(bytes.dropFirst(2 + more))
        return rest.isEmpty ? .maybe : begins(rest, with: ["\0\u{4}MQTT", "\0\u{6}MQIsdp"])
    }
}
