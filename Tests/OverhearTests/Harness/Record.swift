import Foundation

/// What a relay recorded, read as anybody would: by the stock `sqlite3` shell, which may only read.
struct Record {
    let path: String

    /// The rows of a query, each by column name.
    func rows(_ query: String) throws -> [[String: Any]] {
        let text = try shell(["-json"], query)
        guard !text.isEmpty else { return [] }
        guard let rows = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] else {
            throw Trouble("sqlite3 answered something else than rows: \(text.prefix(200))")
        }
        return rows
    }

    /// The one number a query answers; 0 for NULL.
    func number(_ query: String) throws -> Int {
        Int(try shell([], query).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// The first column of each row, as text.
    func column(_ query: String) throws -> [String] {
        try shell([], query).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// The messages of one direction of a session, concatenated in order.
    func stream(session: Int, direction: Int) throws -> [UInt8] {
        let hex = try shell(
            [],
            "SELECT hex(payload) FROM messages WHERE session_id = \(session) AND direction = \(direction) ORDER BY id"
        )
        return Hex.bytes(hex)
    }

    /// Each message as text, in order.
    func messages(session: Int = 1, direction: Int) throws -> [String] {
        try column(
            "SELECT hex(payload) FROM messages WHERE session_id = \(session) AND direction = \(direction) ORDER BY id"
        ).map { String(decoding: Hex.bytes($0), as: UTF8.self) }
    }

    /// Waits until these sessions are closed, and gives the reasons in order of their ids.
    func closeReasons(of count: Int) throws -> [String] {
        try eventually("\(count) sessions are closed") {
            try number("SELECT count(*) FROM sessions WHERE closed_at_ns IS NOT NULL") >= count
        }
        return try column("SELECT close_reason FROM sessions ORDER BY id")
    }

    private func shell(_ options: [String], _ query: String) throws -> String {
        try succeed("sqlite3", ["-readonly", "-batch", "-cmd", ".timeout 5000"] + options + [path, query])
    }
}

/// Bytes written as hexadecimal digits.
enum Hex {
    /// Anything that is no digit is passed over.
    static func bytes(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { digits in
            [UInt8](unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
                var high: UInt8?
                for digit in digits {
                    let value: UInt8
                    switch digit {
                    case 0x30...0x39: value = digit &- 0x30
                    case 0x41...0x46: value = digit &- 0x37
                    default: continue
                    }
                    if let first = high {
                        bytes[count] = first << 4 | value
                        count &+= 1
                        high = nil
                    } else {
                        high = value
                    }
                }
            }
        }
    }
}
