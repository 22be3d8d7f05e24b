/// Bytes as `hexdump -C` writes them: 16 a line, their offset before and what is printable ASCII behind.
enum HexDump {
    static func lines(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { line(bytes[$0..<min($0 + 16, bytes.count)]) }
    }

    private static func line(_ row: ArraySlice<UInt8>) -> String {
        var text = padded(row.startIndex, to: 8) + " "
        for column in 0..<16 {
            let index = row.startIndex + column
            text += (column == 8 ? "  " : " ") + (index < row.endIndex ? padded(Int(row[index]), to: 2) : "  ")
        }
        let characters = row.map { (0x20...0x7e).contains($0) ? Character(Unicode.Scalar($0)) : "." }
        return text + "  |" + String(characters) + "|"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
