import Traffic

/// Messages one behind the other in one stretch of memory, each with its row, its kind and its payload: so that taking one down
/// is one look at whether there is room, and two copies.
struct MessageRows: Sendable {
    struct Row: BitwiseCopyable, Sendable {
        let session: Int64
        let sequence: Int64
        let at: Int64
        let byteCount: Int64
        let payloadByteCount: Int
        /// 0 where it has no kind.
        let kindByteCount: UInt8
        let direction: Direction
        let ending: Ending
    }

    private(set) var count = 0
    /// Its first `usedByteCount` bytes are the messages.
    private var memory: [UInt8] = []
    private var usedByteCount = 0

    private static let rowByteCount = MemoryLayout<Row>.size

    /// - Parameters:
    ///   - kind: as many bytes of it as the row says are kept.
    ///   - payload: has as many bytes as the row says.
    @inline(__always)
    mutating func append(_ row: Row, _ kind: String?, _ payload: RawSpan) {
        precondition(row.payloadByteCount == payload.byteCount, "what is read later is what the row says")
        let kindStart = usedByteCount + Self.rowByteCount
        let payloadStart = kindStart + Int(row.kindByteCount)
        let end = payloadStart + payload.byteCount
        if end > memory.count { grow(to: end) }
        memory.withUnsafeMutableBytes { memory in
            memory.storeBytes(of: row, toByteOffset: usedByteCount, as: Row.self)
            if let kind, row.kindByteCount > 0 {
                memory[kindStart..<payloadStart].copyBytes(from: kind.utf8.prefix(Int(row.kindByteCount)))
            }
            payload.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: memory[payloadStart..<end]).copyMemory(from: $0)
            }
        }
        usedByteCount = end
        count += 1
    }

    private mutating func grow(to byteCount: Int) {
        var grown = [UInt8](repeating: 0, count: max(byteCount, 2 * memory.count, 4096))
        grown.withUnsafeMutableBytes { $0.copyBytes(from: memory[..<usedByteCount]) }
        memory = grown
    }

    /// What the memory has room for.
    var capacity: Int { memory.count }

    /// None any more. The memory is kept for the next ones, unless it is more than this.
    mutating func removeAll(keepingAtMost byteCount: Int) {
        if capacity > byteCount { memory = [] }
        usedByteCount = 0
        count = 0
    }

    /// Has them read from the first one on. What is read is lent for the call.
    func read<Result, Failure: Error>(_ body: (inout Reader) throws(Failure) -> Result) throws(Failure) -> Result {
        try memory.withUnsafeBufferPointer { memory throws(Failure) in
            var reader = Reader(memory: UnsafeRawBufferPointer(memory), leftCount: count)
            return try body(&reader)
        }
    }

    /// For who needs no more of them: a copy.
    var rows: [Row] {
        read { messages in
            var rows: [Row] = []
            rows.reserveCapacity(count)
            while messages.leftCount > 0 { rows.append(messages.next().row) }
            return rows
        }
    }

    struct Reader {
        struct Message {
            let row: Row
            let kind: UnsafeRawBufferPointer
            let payload: UnsafeRawBufferPointer
        }

        fileprivate let memory: UnsafeRawBufferPointer
        private var position = 0
        private(set) var leftCount: Int

        fileprivate init(memory: UnsafeRawBufferPointer, leftCount: Int) {
            self.memory = memory
            self.leftCount = leftCount
        }

        /// There must be one left.
        @inline(__always)
        mutating func next() -> Message {
            precondition(leftCount > 0, "no more is read than was written")
            let row = memory.loadUnaligned(fromByteOffset: position, as: Row.self)
            let kindStart = position + MessageRows.rowByteCount
            let payloadStart = kindStart + Int(row.kindByteCount)
            position = payloadStart + row.payloadByteCount
            leftCount -= 1
            return Message(
                row: row,
                kind: UnsafeRawBufferPointer(rebasing: memory[kindStart..<payloadStart]),
                payload: UnsafeRawBufferPointer(rebasing: memory[payloadStart..<position])
            )
        }
    }
}
