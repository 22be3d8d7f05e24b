/// The memory a loop's channels receive into, one after the other.
///
/// Grows to the largest need and stays: a channel keeps nothing here between its read events. Loop thread only.
final class ReadBuffer {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var isLent = false

    deinit { memory.deallocate() }

    /// Lends at least `byteCount` bytes. Until they are given back nobody else may borrow: a channel's callback that made
    /// another channel read would destroy what is being scanned.
    func lend(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        precondition(!isLent, "a channel cannot be made to read from inside another's read event")
        isLent = true
        if memory.count < byteCount {
            memory.deallocate()
            memory = .allocate(byteCount: byteCount, alignment: 64)
        }
        return memory
    }

    func giveBack() {
        isLent = false
    }
}
