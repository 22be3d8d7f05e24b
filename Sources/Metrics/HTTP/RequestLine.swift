/// The first line of a request: `METHOD SP target SP HTTP/1.x`.
struct RequestLine: Equatable, Sendable {
    var method: RequestHead.Method
    var path: String
    var query: String
    var isVersion10: Bool

    init(parsing line: ArraySlice<UInt8>) throws(Refusal) {
        let parts = line.split(separator: .blank, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(\.isToken), Self.isTarget(parts[1]) else {
            throw .malformed("The request line is not METHOD, blank, target, blank, version.")
        }
        isVersion10 = try Self.isVersion10(parts[2])
        method =
            switch String(decoding: parts[0], as: UTF8.self) {
            case "GET": .get
            case "HEAD": .head
            default: .other
            }
        let target = String(decoding: parts[1], as: UTF8.self)
        path = Self.path(of: target)
        query = String(target.prefix { $0 != "#" }.drop { $0 != "?" }.dropFirst())
    }

    private static func isTarget(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// `HTTP/`, a digit, a point, a digit.
    private static func isVersion10(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> Bool {
        let version = Array(bytes)
        guard version.count == 8, version.starts(with: "HTTP/".utf8), version[5].isDigit,
            version[6] == UInt8(ascii: "."), version[7].isDigit
        else {
            throw .malformed("The request line does not end in an HTTP version.")
        }
        guard version[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return version[7] == UInt8(ascii: "0")
    }

    /// `/a?b` and `http://host/a?b` both ask for `/a`.
    private static func path(of target: String) -> String {
        var rest = Substring(target)
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { !"/?#".contains($0) }
            if rest.first != "/" { rest = "/" + rest }
        }
        return String(rest.prefix { $0 != "?" && $0 != "#" })
    }
}
