/// What the fields of a request head say about where the request ends and whether the connection goes on.
///
/// Read as bytes, not as text: in a text a comma and what follows it can be one character.
struct RequestFields: Equatable, Sendable {
    private(set) var asksToClose = false
    private(set) var hasBody = false
    /// As it was sent; several fields are one list.
    private(set) var accept: String?
    private(set) var host: String?
    private var isTransferEncoded = false
    private var contentLength: ArraySlice<UInt8>?

    mutating func take(_ line: ArraySlice<UInt8>) throws(Refusal) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(\.isToken)
        else {
            throw .malformed("A header field is not name, colon, value.")
        }
        let value = Self.trimmed(line[(colon + 1)...])
        switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
        case "content-length": try take(contentLength: value)
        case "transfer-encoding": isTransferEncoded = true
        case "connection": takeConnection(value)
        case "accept":
            let formats = String(decoding: value, as: UTF8.self)
            accept = accept.map { "\($0),\(formats)" } ?? formats
        case "host":
            guard host == nil else { throw .malformed("The head names two hosts.") }
            host = String(decoding: value, as: UTF8.self)
        default: break
        }
    }

    /// To be called after the last field.
    func check() throws(Refusal) {
        guard isTransferEncoded else { return }
        guard contentLength == nil else { throw .malformed("The head gives a length and a transfer encoding.") }
        throw .transferEncoded
    }

    private mutating func take(contentLength value: ArraySlice<UInt8>) throws(Refusal) {
        guard !value.isEmpty, value.allSatisfy(\.isDigit), contentLength == nil || contentLength == value else {
            throw .malformed("The content length is not one number.")
        }
        contentLength = value
        hasBody = value.contains { $0 != UInt8(ascii: "0") }
    }

    private mutating func takeConnection(_ value: ArraySlice<UInt8>) {
        for option in value.split(separator: UInt8(ascii: ","))
        where String(decoding: Self.trimmed(option), as: UTF8.self).lowercased() == "close" {
            asksToClose = true
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == .blank || byte == .tab }
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
