import Glibc

/// A value behind a lock: whoever wants it, on any thread, has it alone for as long as a closure runs.
///
/// A lock of the C library's rather than `Synchronization.Mutex`, because the thread sanitizer knows those: it sees what
/// they order and reports what they do not (docs/ARCHITECTURE.md, "Sanitizers"). Neither is on the way of the data.
package final class Locked<Value>: @unchecked Sendable {
    // Proof: `value` is only touched between lock and unlock of `mutex`, which never changes. What goes in is `sending`, and
    // what comes out is, so neither is anybody else's.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: consuming sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Looks at the value or changes it. Never call out from inside: whoever asks for the same lock there waits for ever.
    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
