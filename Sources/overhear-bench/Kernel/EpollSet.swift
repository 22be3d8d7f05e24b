import AsyncChat
import CLinux
import Glibc

/// The descriptors a single-threaded part waits for: epoll(7), level-triggered, and nothing around it.
///
/// The bench's own parts share two cores with what they measure, so they stay below the engine: no channel, no callback.
final class EpollSet {
    private static let batch = 512
    private let descriptor: CInt
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: batch)

    init() {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "a process may have one more descriptor")
    }

    deinit {
        Glibc.close(descriptor)
        events.deallocate()
    }

    /// - Parameter token: what `wait` hands back with the descriptor's readiness.
    func add(_ watched: CInt, _ interest: EPOLL_EVENTS, token: Int) {
        control(EPOLL_CTL_ADD, watched, interest.rawValue, token)
    }

    func change(_ watched: CInt, to interest: UInt32, token: Int) {
        control(EPOLL_CTL_MOD, watched, interest, token)
    }

    private func control(_ operation: CInt, _ watched: CInt, _ interest: UInt32, _ token: Int) {
        var event = epoll_event()
        event.events = interest
        event.data.u64 = UInt64(token)
        guard epoll_ctl(descriptor, operation, watched, &event) == 0 else {
            fatalError("\(SystemError.current("watch descriptor \(watched)"))")
        }
    }

    /// What is ready, valid until the next call.
    ///
    /// - Parameter limit: how long to wait at most; nil: until something is ready.
    func wait(atMost limit: Nanoseconds? = nil) -> UnsafeBufferPointer<epoll_event> {
        let count: CInt
        if let limit {
            var time = timespec(tv_sec: Int(limit / 1_000_000_000), tv_nsec: Int(limit % 1_000_000_000))
            count = epoll_pwait2(descriptor, events, CInt(Self.batch), &time, nil)
        } else {
            count = epoll_wait(descriptor, events, CInt(Self.batch), -1)
        }
        return UnsafeBufferPointer(start: events, count: Int(max(0, count)))
    }
}

extension epoll_event {
    var token: Int { Int(truncatingIfNeeded: data.u64) }
    var isReadable: Bool { events & ~EPOLLOUT.rawValue != 0 }
    var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
}
