import CLinux
import Glibc

/// A counting semaphore (sem_overview(7)).
final class Semaphore: @unchecked Sendable {
    // Proof: `semaphore` is set once in init and only given to functions of that family, which any threads may call at once.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0 {}
    }

    /// False if nobody posted within so many seconds.
    func wait(atMost seconds: Int) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += seconds
        while sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline) != 0 {
            if errno == ETIMEDOUT { return false }
        }
        return true
    }
}
