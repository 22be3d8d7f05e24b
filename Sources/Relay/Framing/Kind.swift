/// The short text that says what kind of message one is: `GET /path`, `SET`, `Query`.
///
/// Printable ASCII, whatever the peer sent, and at most 64 bytes. Up to 15 bytes cost no allocation.
enum Kind {
    static let longest = 64

    /// Of some of the bytes of a part.
    static func text(_ bytes: RawSpan, _ range: Range<Int>, uppercased: Bool = false) -> String {
        let count = min(range.count, longest)
        // The closure writes `count` bytes, all of them ASCII, and says so.
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            for offset in 0..<count {
                var byte = bytes[byte: range.lowerBound + offset]
                if uppercased, (0x61...0x7A).contains(byte) { byte -= 0x20 }
                unsafe text[offset] = (0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")
            }
            return count
        }
    }
}
