import CSQLite
import Glibc
import Synchronization

/// Interrupts a long reading when the write-ahead log has grown too far since it began: while anybody reads, the writer
/// cannot begin its log anew, and one that may grow no further stops recording.
///
/// A thread of its own looks at the log's size. `end` must be called before the connection closes.
final class LogWatch: Sendable {
    private let isEnded = Atomic(false)
    private let interrupted = Atomic(false)
    private let isGone = Atomic(false)

    private static let lookMicroseconds: UInt32 = 10_000

    init(_ paths: CapturePaths, growingAtMost growth: Int64, _ database: borrowing Database) {
        let limit = (CapturePaths.look(at: paths.log)?.byteCount ?? 0) + growth
        let interrupter = database.interrupter
        let body = Unmanaged.passRetained(
            Body { [self] in
                while !isEnded.load(ordering: .acquiring) {
                    if CapturePaths.look(at: paths.log)?.byteCount ?? 0 > limit {
                        interrupted.store(true, ordering: .releasing)
                        interrupter.interrupt()
                    }
                    usleep(Self.lookMicroseconds)
                }
                isGone.store(true, ordering: .releasing)
            }
        )
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            body.toOpaque()
        )
        if code == 0 {
            pthread_detach(thread)
        } else {
            body.release()
            isGone.store(true, ordering: .releasing)
        }
    }

    var hasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

    /// Waits until it looks no more.
    func end() {
        isEnded.store(true, ordering: .releasing)
        while !isGone.load(ordering: .acquiring) { usleep(1000) }
    }

    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }
}

/// Ends from another thread what a connection is doing. Only while the connection lives.
struct Interrupter: @unchecked Sendable {
    // sqlite3_interrupt is the one call that any thread may make on a connection in use (sqlite.org/c3ref/interrupt.html).
    fileprivate let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    func interrupt() { sqlite3_interrupt(handle) }
}
