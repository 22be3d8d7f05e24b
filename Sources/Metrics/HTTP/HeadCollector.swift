/// Gathers a request head from the pieces it arrives in, and no more of it than its bound.
package struct HeadCollector {
    package private(set) var bytes: [UInt8] = []
    package let byteLimit: Int

    package init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds a piece. A line feed without its carriage return is refused at once: such a head would never end.
    package mutating func collect(_ piece: RawSpan) throws(Refusal) {
        guard bytes.count + piece.byteCount <= byteLimit else { throw .headTooLarge }
        let start = bytes.count
        // Safe: the span is alive for the call, and its bytes are copied before the call ends.
        unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        for index in start..<bytes.count where bytes[index] == .lf {
            guard index > 0, bytes[index - 1] == .cr else { throw .malformed("Lines must end in CR LF.") }
        }
    }

    /// The head is complete: hands it out and starts anew.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
