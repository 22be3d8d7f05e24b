import Glibc

/// Looking at single bytes of a span.
extension RawSpan {
    /// The byte at an offset, which must lie within.
    subscript(byte offset: Int) -> UInt8 {
        // Checks its bounds; it is called unsafe for types that not every bit pattern is a value of.
        @inline(__always) get { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
    }

    /// Where a byte is found first, from a position on.
    @inline(__always)
    func position(of byte: UInt8, from start: Int) -> Int? {
        precondition(start >= 0 && start <= byteCount)
        // The pointer does not leave the closure, and memchr(3) looks at what the span has after `start`, and no further.
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count else { return nil }
            return unsafe memchr(base + start, CInt(byte), bytes.count - start).map {
                unsafe UnsafeRawPointer($0) - base
            }
        }
    }

    /// Does it begin with this text?
    func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard byteCount >= count else { return false }
        for offset in 0..<count where unsafe self[byte: offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// The big-endian number in so many bytes at an offset.
    func bigEndian(_ byteCount: Int, at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<byteCount { value = value << 8 | UInt64(self[byte: offset + index]) }
        return value
    }

    /// The little-endian number in so many bytes at an offset.
    func littleEndian(_ byteCount: Int, at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in (0..<byteCount).reversed() { value = value << 8 | UInt64(self[byte: offset + index]) }
        return value
    }
}
