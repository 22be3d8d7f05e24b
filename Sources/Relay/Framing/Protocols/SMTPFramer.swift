import Traffic

/// SMTP (RFC 5321), with pipelining (RFC 2920), CHUNKING (RFC 3030), AUTH (RFC 4954) and STARTTLS (RFC 3207); LMTP too.
///
/// Commands are lines, replies one or several. What the client says next depends on the server's reply: after 354 comes the
/// content until a line of a single dot, after 334 one line of the authentication, after the 220 to STARTTLS something
/// encrypted.
struct SMTPFramer: Framer {
    private enum Phase { case command, content, authentication, chunk }

    private var phase = Phase.command
    /// What the server's last reply makes of the client's next message.
    private var expected = Phase.command
    private var hasGreeted = false
    private var hasAskedForTLS = false
    private var isEncrypted = false

    var marks: [Mark] { Self.endings }

    private static let endings = [endOfContent]
    private static let endOfContent = Mark([Array("\r\n.\r\n".utf8)])
    /// The line end of the DATA command is the one before the content.
    private static let afterLineEnd = endOfContent.state(after: Array("\r\n".utf8))

    mutating func begin(_ direction: Direction) -> Part {
        if isEncrypted { return .chunks }
        guard direction == .upstream else { return .line(seeing: 4) }
        phase = expected
        expected = .command
        return phase == .content ? .mark(from: Self.afterLineEnd) : .line(seeing: 64)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        if direction == .downstream { return reply(seen, &remarks) }
        switch phase {
        case .command: return command(seen, &remarks)
        case .content: remarks.kind = "content"
        case .authentication: remarks.kind = "AUTH"
        case .chunk: break
        }
        return .ends
    }

    private mutating func command(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        var end = 0
        while end < seen.byteCount, case let byte = seen[byte: end] | 0x20, (0x61...0x7A).contains(byte) { end += 1 }
        guard end > 0 else { return .ends }
        let verb = Kind.text(seen, 0..<end, uppercased: true)
        hasAskedForTLS = verb == "STARTTLS"
        remarks.kind = verb
        guard verb == "BDAT" else { return .ends }
        guard let count = Self.number(seen, from: end) else { return remarks.lost("a BDAT has no length that can be") }
        guard count > 0 else { return .ends }
        phase = .chunk
        return .goesOn(.count(count))
    }

    private mutating func reply(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        guard seen.byteCount >= 4, (0..<3).allSatisfy({ (0x30...0x39).contains(seen[byte: $0]) }) else {
            return remarks.lost("a reply does not begin with three digits")
        }
        let code = Kind.text(seen, 0..<3)
        remarks.kind = code
        if seen[byte: 3] == UInt8(ascii: "-") { return .goesOn(.line(seeing: 4)) }
        switch code {
        case "354": expected = .content
        case "334": expected = .authentication
        // The first one greets, whatever a hasty client has said by then.
        case "220" where hasGreeted: isEncrypted = hasAskedForTLS
        default: break
        }
        hasGreeted = true
        return .ends
    }

    /// The decimal number behind some spaces.
    private static func number(_ seen: RawSpan, from start: Int) -> Int? {
        var index = start
        while index < seen.byteCount, seen[byte: index] == 0x20 { index += 1 }
        let first = index
        var value = 0
        while index < seen.byteCount, case let byte = seen[byte: index], (0x30...0x39).contains(byte) {
            guard index - first < 12 else { return nil }
            value = value * 10 + Int(byte & 15)
            index += 1
        }
        return index > first && index > start ? value : nil
    }
}
