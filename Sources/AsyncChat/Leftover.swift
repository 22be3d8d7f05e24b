/// What was received and could not be delivered in its read event: bytes with a moving front, so that taking some out moves
/// none of the others.
struct Leftover {
    private var storage: [UInt8] = []
    private var front = 0
    /// How many bytes were ever copied here: what a test holds against how many were received.
    private(set) var copiedByteCount = 0

    init() {}

    /// An empty one that goes on counting.
    init(after other: Leftover) {
        copiedByteCount = other.copiedByteCount
    }

    var count: Int { storage.count - front }

    var isEmpty: Bool { front == storage.count }

    var bytes: [UInt8] { Array(storage[front...]) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        copiedByteCount += bytes.count
        if front > 0, front * 2 >= storage.count {
            copiedByteCount += count
            storage.removeSubrange(..<front)
            front = 0
        }
        storage.append(contentsOf: bytes)
    }

    /// Takes the oldest out; with the last one goes the memory.
    mutating func removeFirst(_ byteCount: Int) {
        front += byteCount
        if isEmpty { removeAll() }
    }

    mutating func removeAll() {
        storage = []
        front = 0
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[front...])) }
    }
}
