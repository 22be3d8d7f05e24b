/// What the fields of a request head say about where the request ends and whether the connection goes on.
struct RequestFields: Equatable, Sendable {
    private(set) var asksToClose = false
    private(set) var hasBody = false
    private var isTransferEncoded = false
    private var contentLength: String?

    mutating func take(_ line: ArraySlice<UInt8>) throws(Refusal) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(\.isToken)
        else {
            throw .malformed("A header field is not name, colon, value.")
        }
        let value = Self.trimmed(String(decoding: line[(colon + 1)...], as: UTF8.self))
        switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
        case "content-length": try take(contentLength: value)
        case "transfer-encoding": isTransferEncoded = true
        case "connection": takeConnection(value)
        default: break
        }
    }

    /// To be called after the last field.
    func check() throws(Refusal) {
        guard isTransferEncoded else { return }
        guard contentLength == nil else { throw .malformed("The head gives a length and a transfer encoding.") }
        throw .transferEncoded
    }

    private mutating func take(contentLength value: String) throws(Refusal) {
        guard !value.isEmpty, value.utf8.allSatisfy(\.isDigit),
            contentLength == nil || contentLength == value
        else {
            throw .malformed("The content length is not one number.")
        }
        contentLength = value
        hasBody = value.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private mutating func takeConnection(_ value: String) {
        for option in value.split(separator: ",") where Self.trimmed(String(option)).lowercased() == "close" {
            asksToClose = true
        }
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let start = text.drop(while: isBlank)
        return String(start.reversed().drop(while: isBlank).reversed())
    }
}
