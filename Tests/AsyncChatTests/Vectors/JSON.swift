import Foundation

/// A JSON value: what the vectors are read into, and what replaying them is written as, so that both can be compared.
enum JSON: Equatable, Decodable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// A member of an object, nil where there is none.
    subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var int: Int? { if case .int(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

    /// The value without any space; members in the order of their names.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .array(let values): "[\(values.map(\.text).joined(separator: ","))]"
        case .object(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value.text)" }.joined(separator: ","))}"
        }
    }
}

// MARK: - Bytes, as the vectors write them

extension JSON {
    /// Input bytes: base64, a repetition `{"rep", "n"}`, or a list of those.
    var bytes: [UInt8] {
        switch self {
        case .string(let text): return Array(Data(base64Encoded: text)!)
        case .array(let parts): return parts.flatMap(\.bytes)
        default:
            let part = self["rep"]!.bytes
            return Array(repeatElement(part, count: self["n"]!.int!).joined())
        }
    }

    /// Expected bytes: base64, or length and digest of more than 1024.
    static func bytes(_ bytes: [UInt8]) -> JSON {
        guard bytes.count > 1024 else { return .string(Data(bytes).base64EncodedString()) }
        return .object(["len": .int(bytes.count), "sha256": .string(SHA256.hex(bytes))])
    }

    /// An expected list of messages: at most 400, or count and digest of their netstrings.
    static func messages(_ messages: [[UInt8]]) -> JSON {
        guard messages.count > 400 else { return .array(messages.map(JSON.bytes)) }
        let netstrings = messages.flatMap { Array("\($0.count):".utf8) + $0 + Array(",".utf8) }
        return .object(["count": .int(messages.count), "sha256": .string(SHA256.hex(netstrings))])
    }

    /// An expected list of events: at most 400, or count and digest of their text.
    static func events(_ events: [JSON]) -> JSON {
        guard events.count > 400 else { return .array(events) }
        let text = JSON.array(events).text
        return .object(["count": .int(events.count), "sha256": .string(SHA256.hex(text.utf8))])
    }
}
