import Traffic

/// HTTP/1.1 (RFC 9110, RFC 9112): a head of lines, then a body whose end the head names, or the method it answers.
///
/// Heads are read line by line, and of each line only the beginning, so that no head is too long. After `101` and after the
/// answer to CONNECT the connection speaks something else: both directions are chunks from there.
struct HTTPFramer: Framer {
    private enum Phase {
        case startLine, fields
        case body
        case chunkSize, chunkData, trailers
    }

    private struct Message {
        var phase = Phase.startLine
        var contentLength: Int?
        /// The last transfer coding named; nil where there is none.
        var isChunked: Bool?
        var answer = Answered.other
        var status = 0
    }

    /// What a request means for the answer to it.
    private enum Answered { case other, head, connect }

    private var request = Message()
    private var response = Message()
    /// Requests that wait for their answer, in runs of the same meaning.
    private var waiting: [(answered: Answered, count: Int)] = []
    private var isSwitched = false

    /// A client that asks GET and HEAD in turns and reads no answer would let it grow.
    private static let mostRuns = 4096
    private static let seenOfLine = 256

    mutating func begin(_ direction: Direction) -> Part {
        if isSwitched { return .chunks }
        if direction == .upstream { request = Message() } else { response = Message() }
        return .line(seeing: Self.seenOfLine)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch direction {
        case .upstream where request.phase == .startLine: requestLine(seen, &remarks)
        case .downstream where response.phase == .startLine: statusLine(seen, &remarks)
        case .upstream where Self.isHeadOver(request, seen): requestHeadEnded(&remarks)
        case .upstream: Self.next(&request, seen, last, &remarks)
        case .downstream where Self.isHeadOver(response, seen): responseHeadEnded()
        case .downstream: Self.next(&response, seen, last, &remarks)
        }
    }

    // MARK: - Heads

    private static func isHeadOver(_ message: Message, _ seen: RawSpan) -> Bool {
        message.phase == .fields && isEmptyLine(seen)
    }

    private mutating func requestLine(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        // Empty lines may stand before it (RFC 9112, 2.2).
        if Self.isEmptyLine(seen) { return .goesOn(.line(seeing: Self.seenOfLine)) }
        var end = 0
        while end < seen.byteCount, Self.isTokenByte(seen[byte: end]) { end += 1 }
        guard end > 0, end < seen.byteCount, seen[byte: end] == 0x20 else {
            return remarks.lost("a request has no method")
        }
        let target = end + 1
        var stop = target
        while stop < seen.byteCount, seen[byte: stop] > 0x20, seen[byte: stop] != UInt8(ascii: "?") { stop += 1 }
        remarks.kind = Kind.text(seen, 0..<stop)
        if seen[byte: seen.byteCount - 1] == 10 {
            guard Self.endsWithVersion(seen) else { return remarks.lost("a request names no version of HTTP/1") }
        }
        if seen.starts(with: "PRI * HTTP/2.0") {
            isSwitched = true
            remarks.kind = "PRI * HTTP/2.0"
            return .ends
        }
        if seen.starts(with: "HEAD ") { request.answer = .head }
        if seen.starts(with: "CONNECT ") { request.answer = .connect }
        request.phase = .fields
        return .goesOn(.line(seeing: Self.seenOfLine))
    }

    private mutating func requestHeadEnded(_ remarks: inout Remarks) -> Verdict {
        if let last = waiting.last, last.answered == request.answer {
            waiting[waiting.count - 1].count += 1
        } else {
            guard waiting.count < Self.mostRuns else { return remarks.lost("too many requests wait for an answer") }
            waiting.append((request.answer, 1))
        }
        if request.isChunked == true { return Self.chunks(&request) }
        if request.isChunked == false { return remarks.lost("a request's transfer coding does not say where it ends") }
        return Self.body(&request)
    }

    private mutating func statusLine(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        guard seen.byteCount >= 13, seen.starts(with: "HTTP/1."), seen[byte: 8] == 0x20,
            let status = Self.decimal(seen, 9..<12), status >= 100
        else { return remarks.lost("an answer has no status line of HTTP/1") }
        response.status = status
        response.phase = .fields
        remarks.kind = Kind.text(seen, 9..<12)
        return .goesOn(.line(seeing: Self.seenOfLine))
    }

    private mutating func responseHeadEnded() -> Verdict {
        if response.status == 101 {
            isSwitched = true
            return .ends
        }
        // Interim: the answer itself is still to come.
        if response.status < 200 { return .ends }
        let answered = answer()
        if answered == .connect, response.status < 300 {
            isSwitched = true
            return .ends
        }
        if answered == .head || response.status == 204 || response.status == 304 { return .ends }
        if response.isChunked == true { return Self.chunks(&response) }
        if response.isChunked == false || response.contentLength == nil {
            response.phase = .body
            return .goesOn(.endOfStream)
        }
        return Self.body(&response)
    }

    /// What the oldest request that waits means for its answer.
    private mutating func answer() -> Answered {
        guard let first = waiting.first else { return .other }
        if first.count > 1 { waiting[0].count -= 1 } else { waiting.removeFirst() }
        return first.answered
    }

    // MARK: - Lines and bodies

    private static func next(
        _ message: inout Message,
        _ seen: RawSpan,
        _ last: UInt8,
        _ remarks: inout Remarks
    ) -> Verdict {
        switch message.phase {
        case .startLine, .fields:
            if let why = field(&message, seen) { return remarks.lost(why) }
            return .goesOn(.line(seeing: seenOfLine))
        case .body:
            return .ends
        case .chunkSize:
            guard let size = hexadecimal(seen) else { return remarks.lost("a chunk has no size that can be") }
            message.phase = size == 0 ? .trailers : .chunkData
            return .goesOn(size == 0 ? .line(seeing: 2) : .count(size + 2, seeing: 0))
        case .chunkData:
            guard last == 10 else { return remarks.lost("a chunk has another length than it says") }
            return chunks(&message)
        case .trailers:
            return isEmptyLine(seen) ? .ends : .goesOn(.line(seeing: 2))
        }
    }

    private static func chunks(_ message: inout Message) -> Verdict {
        message.phase = .chunkSize
        return .goesOn(.line(seeing: 32))
    }

    private static func body(_ message: inout Message) -> Verdict {
        guard let count = message.contentLength, count > 0 else { return .ends }
        message.phase = .body
        return .goesOn(.count(count))
    }

    /// Takes note of a field that says where the body ends. Answers why it cannot be, if it cannot.
    private static func field(_ message: inout Message, _ seen: RawSpan) -> String? {
        if let value = value(of: "content-length", seen) {
            // A list of the same number is that number.
            for part in value.split(separator: ",", omittingEmptySubsequences: false) {
                let digits = part.filter { $0 != " " && $0 != "\t" }
                guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits),
                    count <= 1 << 50
                else { return "a Content-Length is no number that can be" }
                guard message.contentLength == nil || message.contentLength == count else {
                    return "there are two Content-Lengths"
                }
                message.contentLength = count
            }
        } else if let value = value(of: "transfer-encoding", seen) {
            // The last one counts, and empty ones are none (RFC 9110, 5.6.1).
            let codings = value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            if let last = codings.last(where: { !$0.isEmpty }) { message.isChunked = last.lowercased() == "chunked" }
        }
        return nil
    }

    /// What a field says, if this is its name.
    private static func value(of name: StaticString, _ seen: RawSpan) -> String? {
        let count = name.utf8CodeUnitCount
        guard seen.byteCount > count, seen[byte: count] == UInt8(ascii: ":") else { return nil }
        // A static string's bytes live as long as the program.
        for index in 0..<count where unsafe seen[byte: index] | 0x20 != name.utf8Start[index] | 0x20 { return nil }
        var text = ""
        for index in count + 1..<seen.byteCount where seen[byte: index] != 13 && seen[byte: index] != 10 {
            text.unicodeScalars.append(Unicode.Scalar(seen[byte: index]))
        }
        return text
    }

    private static func isEmptyLine(_ seen: RawSpan) -> Bool {
        seen[byte: 0] == 10 || (seen.byteCount >= 2 && seen[byte: 0] == 13 && seen[byte: 1] == 10)
    }

    /// " HTTP/1.1" and the end of the line, before which there may be blanks (RFC 9112, 3).
    private static func endsWithVersion(_ seen: RawSpan) -> Bool {
        var end = seen.byteCount - 1
        while end > 0, [9, 13, 32].contains(seen[byte: end - 1]) { end -= 1 }
        guard end >= 9 else { return false }
        return seen.extracting(end - 9..<end).starts(with: " HTTP/")
    }

    /// Letters, digits and what else a method may be made of.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    private static func decimal(_ seen: RawSpan, _ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            guard (0x30...0x39).contains(seen[byte: index]) else { return nil }
            value = value * 10 + Int(seen[byte: index] & 15)
        }
        return value
    }

    /// A chunk's size; what may follow it on its line is of no interest.
    private static func hexadecimal(_ seen: RawSpan) -> Int? {
        var value = 0
        var index = 0
        while index < seen.byteCount {
            let byte = seen[byte: index]
            switch byte {
            case 0x30...0x39: value = value << 4 | Int(byte & 15)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | Int(byte & 15) + 9
            case 0x09, 0x20, 0x3B, 13, 10: return index > 0 ? value : nil
            default: return nil
            }
            guard value <= 1 << 50 else { return nil }
            index += 1
        }
        return nil
    }
}
