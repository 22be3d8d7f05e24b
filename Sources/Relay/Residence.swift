import AsyncChat

/// How long what was read has waited for the kernel to take it: one mark for each read that had to wait.
///
/// Owns no memory while nothing waits, and little when much does: above 64 marks, reads share the newest one and count
/// from its time, which makes them look slightly older than they are, never younger.
struct Residence {
    struct Mark: Equatable {
        /// Of the stream towards the peer: with this byte sent, all of it has left.
        var end: Int64
        var readAt: LoopInstant
        var reads = 1
    }

    private static let markLimit = 64

    private var older = FIFO<Mark>()
    private var newest: Mark?

    var isEmpty: Bool { newest == nil }

    /// A read waits until the stream has been sent up to `end`.
    mutating func hold(until end: Int64, readAt: LoopInstant) {
        guard let mark = newest, mark.readAt != readAt, older.count < Self.markLimit else {
            newest = Mark(end: end, readAt: newest?.readAt ?? readAt, reads: (newest?.reads ?? 0) + 1)
            return
        }
        older.push(mark)
        newest = Mark(end: end, readAt: readAt)
    }

    /// The next mark that has left completely, now that so much is sent.
    mutating func leave(sentByteCount: Int64) -> Mark? {
        if let mark = older.first { return mark.end <= sentByteCount ? older.pop() : nil }
        guard let mark = newest, mark.end <= sentByteCount else { return nil }
        newest = nil
        return mark
    }
}
