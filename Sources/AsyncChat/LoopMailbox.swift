import CLinux
import Glibc

/// Hands work to a loop from any thread: the one door into a loop that is not its own thread's.
///
/// Work is run in the order it was handed in, on the loop's thread, between callbacks. What is handed in after the loop
/// ended is dropped.
public final class LoopMailbox: Sendable {
    /// One piece of work; it is given the loop it runs on.
    public typealias Work = @Sendable (EventLoop) -> Void

    /// Nil once the loop ended.
    private let waiting = Locked<[Work]?>([])
    /// An eventfd(2): readable while work waits.
    let descriptor: CInt

    init() throws(SystemError) {
        descriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .last("open an event descriptor") }
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Wakes the loop and has it do this. Any thread; never blocks.
    public func submit(_ work: @escaping Work) {
        let wasEmpty = waiting.withLock { waiting in
            waiting?.append(work)
            return waiting?.count == 1
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        // A full counter would be EAGAIN: then the loop is being woken anyway.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes everything that waits, and makes the descriptor unreadable until more comes. Loop thread only.
    func takeAll() -> [Work] {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
        return waiting.withLock { waiting in
            guard let taken = waiting else { return [] }
            waiting = []
            return taken
        }
    }

    /// The loop ended: drops what waits and whatever comes.
    func close() {
        // Let go of outside the lock: what the work held may come here in its deinit.
        let dropped = waiting.withLock { $0.take() }
        withExtendedLifetime(dropped) {}
    }
}
