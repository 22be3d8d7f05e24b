import CSQLite
import Glibc

/// Lets the writer breathe inside a checkpoint, which is one call of SQLite's and thousands of pwrite(2): about five
/// milliseconds for 16 MiB in memory.
///
/// SQLite's file layer lets each of its system calls be replaced (sqlite3_vfs, xSetSystemCall), for the whole process. Ours
/// makes the same call, and then, on a thread that has a pace, asks that. Where a SQLite has no such door, nothing
/// happens.
enum PacedWrites {
    private typealias PositionedWrite = @convention(c) (CInt, UnsafeRawPointer?, Int, off_t) -> Int

    private static let write: PositionedWrite = { descriptor, bytes, byteCount, offset in
        let count = pwrite(descriptor, bytes, byteCount, offset)
        // SQLite looks at errno next.
        let code = errno
        if let pace = pthread_getspecific(paceOfThread) {
            // Held by who began, on this thread, until it ends.
            Unmanaged<Pace>.fromOpaque(pace)._withUnsafeGuaranteedRef { $0.breathe() }
        }
        errno = code
        return count
    }

    private static let paceOfThread: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key, nil)
        precondition(failure == 0, "a process has keys left for its threads")
        return key
    }()

    private static let isInstalled: Bool = {
        guard let layer = sqlite3_vfs_find(nil), let replace = layer.pointee.xSetSystemCall else { return false }
        // The type that SQLite calls it by again: off_t has 64 bits under both names, one of which is in use.
        let call = unsafeBitCast(write, to: sqlite3_syscall_ptr.self)
        let outcomes = [replace(layer, "pwrite", call), replace(layer, "pwrite64", call)]
        return outcomes.contains(SQLITE_OK)
    }()

    /// From now on what SQLite writes on this thread lets it breathe. The caller keeps the pace until `end`.
    static func begin(_ pace: Pace) {
        guard isInstalled else { return }
        pthread_setspecific(paceOfThread, Unmanaged.passUnretained(pace).toOpaque())
    }

    static func end() {
        pthread_setspecific(paceOfThread, nil)
    }
}
