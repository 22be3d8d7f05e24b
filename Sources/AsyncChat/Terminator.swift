/// What ends the message being collected (asynchat's `set_terminator`).
public enum Terminator: Equatable, Sendable {
    /// A byte string. An empty one means *collect for ever*, as `none` does.
    case bytes(Delimiter)
    /// So many bytes, counted down as they come. 0 means *collect for ever*, as in asynchat: it never fires.
    case count(Int)
    /// Nothing: everything is collected as it comes.
    case none
}

/// A byte string to look for, prepared for searching.
///
/// Make it once and set it often: preparing costs an allocation, setting does not.
public struct Delimiter: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    /// The bytes to look for.
    public let bytes: [UInt8]
    /// For each prefix of `bytes`, the length of its longest proper prefix that is also its end (Knuth, Morris, Pratt).
    let borders: [Int32]

    /// Prepares a byte string.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        borders = Self.borders(of: bytes)
    }

    /// The UTF-8 bytes of a text.
    public init(stringLiteral text: String) {
        self.init(Array(text.utf8))
    }

    /// The bytes listed.
    public init(arrayLiteral bytes: UInt8...) {
        self.init(bytes)
    }

    private static func borders(of bytes: [UInt8]) -> [Int32] {
        var borders = [Int32](repeating: 0, count: bytes.count)
        var length = 0
        for index in bytes.indices.dropFirst() {
            while length > 0, bytes[index] != bytes[length] { length = Int(borders[length - 1]) }
            if bytes[index] == bytes[length] { length += 1 }
            borders[index] = Int32(length)
        }
        return borders
    }
}
