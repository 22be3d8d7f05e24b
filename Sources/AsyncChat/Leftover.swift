/// What was received and could not be delivered in its read event: bytes with a moving front, so that taking some out moves
/// none of the others.
struct Leftover {
    private var storage: [UInt8] = []
    private var front = 0

    var count: Int { storage.count - front }

    var isEmpty: Bool { front == storage.count }

    var bytes: [UInt8] { Array(storage[front...]) }

    /// - Returns: how many bytes that moved.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        var moved = bytes.count
        if front > 0, front * 2 >= storage.count {
            moved += count
            storage.removeSubrange(..<front)
            front = 0
        }
        storage.append(contentsOf: bytes)
        return moved
    }

    /// Takes the oldest out; with the last one goes the memory.
    mutating func removeFirst(_ byteCount: Int) {
        front += byteCount
        if isEmpty { (storage, front) = ([], 0) }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[front...])) }
    }
}
