import AsyncChat

extension Framing {
    /// Why a text names no framing, as one sentence.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The forms, as help and errors list them.
    package static let forms = "lf, crlf, nul, delimiter:HEX, fixed:BYTES, none"

    /// The longest delimiter and the longest fixed message, in bytes.
    package static let longestDelimiter = 16 * 1024
    package static let longestFixedMessage = 1 << 30

    /// Reads the written form: `lf`, `crlf`, `nul`, `delimiter:0d0a`, `fixed:32`, `none`.
    package init(parsing text: String) throws(Malformed) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("lf", nil): self = .delimiter("\n")
        case ("crlf", nil): self = .delimiter("\r\n")
        case ("nul", nil): self = .delimiter([0])
        case ("none", nil): self = .none
        case ("delimiter", let hex?): self = .delimiter(try Self.delimiter(hex: hex))
        case ("fixed", let count?): self = .fixed(byteCount: try Self.fixedCount(count))
        case ("delimiter", nil):
            throw Malformed(description: "framing 'delimiter' needs its bytes in hexadecimal, such as delimiter:0d0a")
        case ("fixed", nil):
            throw Malformed(description: "framing 'fixed' needs a number of bytes, such as fixed:32")
        default:
            throw Malformed(description: "unknown framing '\(text)'; known are \(Self.forms)")
        }
    }

    private static func delimiter(hex: String) throws(Malformed) -> Delimiter {
        guard let bytes = Hexadecimal.bytes(of: hex), (1...longestDelimiter).contains(bytes.count) else {
            throw Malformed(
                description:
                    "'\(hex)' is no delimiter; write 1 to \(longestDelimiter) bytes in hexadecimal, such as 0d0a"
            )
        }
        return Delimiter(bytes)
    }

    private static func fixedCount(_ text: String) throws(Malformed) -> Int {
        guard let count = Int(text), text.first != "+", (1...longestFixedMessage).contains(count) else {
            throw Malformed(description: "'\(text)' is no message length; write 1 to \(longestFixedMessage) bytes")
        }
        return count
    }
}
