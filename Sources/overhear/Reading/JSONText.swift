/// One JSON object on one line, its keys in the order they are given (RFC 8259).
struct JSONText: CustomStringConvertible {
    private var pairs: [String] = []

    var description: String { "{" + pairs.joined(separator: ",") + "}" }

    mutating func add(_ key: String, _ text: String?) { add(key, json: text.map(LogText.json)) }

    mutating func add(_ key: String, _ number: (some BinaryInteger)?) { add(key, json: number.map { "\($0)" }) }

    mutating func add(_ key: String, _ flag: Bool?) { add(key, json: flag.map { "\($0)" }) }

    /// A number with as many digits as it takes, or null where there is none (JSON knows no infinity).
    mutating func add(_ key: String, _ number: Double?) {
        add(key, json: number.flatMap { $0.isFinite ? "\($0)" : nil })
    }

    mutating func add(_ key: String, _ object: JSONText) { add(key, json: object.description) }

    mutating func add(_ key: String, _ list: [JSONText]) {
        add(key, json: "[" + list.map(\.description).joined(separator: ",") + "]")
    }

    mutating func add(_ key: String, texts: [String]) {
        add(key, json: "[" + texts.map(LogText.json).joined(separator: ",") + "]")
    }

    /// Bytes under the name `text` where they are UTF-8, else under `base64`.
    mutating func add(payload: [UInt8]) {
        if let text = String(validating: payload, as: UTF8.self) {
            add("text", text)
        } else {
            add("base64", json: "\"\(Base64.encoded(payload))\"")
        }
    }

    private mutating func add(_ key: String, json: String?) {
        pairs.append("\(LogText.json(key)):\(json ?? "null")")
    }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var word: UInt32 = 0
            for offset in 0..<3 { word = word << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for place in 0..<4 {
                text.append(place <= count ? digits[Int(word >> (18 - 6 * UInt32(place))) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
