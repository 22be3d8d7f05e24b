/// A message that has begun and not ended: what is kept of it, and its true length.
///
/// Keeps no more than the bound for what is stored, whatever the peer sends, and no memory when no message is unfinished
/// for a while.
struct MessageAssembly {
    private(set) var bytes: [UInt8] = []
    /// Bytes of the message so far, kept or not.
    private(set) var byteCount = 0

    /// Memory that stays from one message to the next.
    private static let keptByteCount = 64 * 1024

    var isEmpty: Bool { byteCount == 0 }

    mutating func append(_ stretch: RawSpan, keepingAtMost limit: Int) {
        byteCount += stretch.byteCount
        let kept = stretch.extracting(first: min(stretch.byteCount, limit - bytes.count))
        guard !kept.isEmpty else { return }
        // The span is lent for this call, and the closure reads inside it only.
        unsafe kept.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Lends what is kept.
    func withKeptBytes(_ body: (RawSpan) -> Void) {
        // A byte has no padding that could be uninitialised, which is what makes `bytes` unsafe for other elements.
        unsafe body(bytes.span.bytes)
    }

    /// Ready for the next message; the memory stays for it, unless the last message was unusually long: a thousand
    /// sessions that each had one would keep a gigabyte.
    mutating func clear() {
        if bytes.capacity > Self.keptByteCount { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
        byteCount = 0
    }
}
