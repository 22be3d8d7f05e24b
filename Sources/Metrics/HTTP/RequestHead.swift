/// What a request asks for: the head of an HTTP/1 message, read strictly (RFC 9112).
///
/// Knows no socket. Only what the answer depends on is kept. Whatever could make two readers disagree about where the
/// request ends (lone CR or LF, folded lines, conflicting lengths) is refused, not repaired.
package struct RequestHead: Equatable, Sendable {
    package enum Method: Equatable, Sendable { case get, head, other }

    package var method: Method
    /// Without its query, not decoded; for an absolute target, what follows the authority.
    package var path: String
    /// What follows the question mark, not decoded; empty without one.
    var query: String
    /// The format its `Accept` prefers.
    var format: TextFormat
    /// Whom it thinks it speaks to, nil where it does not say.
    var host: String?
    /// The request wants to be the last of its connection, or must be because its body is not read.
    package var isLast: Bool
    /// Bytes that are no request follow the head.
    package var hasBody: Bool

    /// Reads a head: everything before the empty line that ends it.
    package init(parsing head: [UInt8]) throws(Refusal) {
        var lines = try Self.lines(of: head)
        // One empty line before a request is forgiven: some clients end the request before with it.
        if lines.count > 1, lines[0].isEmpty { lines.removeFirst() }
        let line = try RequestLine(parsing: lines[0])
        var fields = RequestFields()
        for field in lines.dropFirst() { try fields.take(field) }
        try fields.check()
        method = line.method
        path = line.path
        query = line.query
        format = AcceptField.format(fields.accept)
        host = fields.host
        hasBody = fields.hasBody
        isLast = line.isVersion10 || fields.asksToClose || fields.hasBody
    }

    /// Cuts at CR LF. What may stand in a line is visible ASCII, blanks, tabs and bytes above ASCII.
    private static func lines(of head: [UInt8]) throws(Refusal) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < head.count {
            switch head[index] {
            case .cr:
                guard index + 1 < head.count, head[index + 1] == .lf else {
                    throw .malformed("A carriage return stands alone.")
                }
                lines.append(head[start..<index])
                index += 2
                start = index
            case .lf:
                throw .malformed("Lines must end in CR LF.")
            case .tab, 0x20...0x7e, 0x80...0xff:
                index += 1
            default:
                throw .malformed("The head holds a control character.")
            }
        }
        lines.append(head[start...])
        return lines
    }
}
