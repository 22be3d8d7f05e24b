import CLinux
import Glibc

/// Starts a detached thread of the operating system.
///
/// - Parameter name: shown by ps and gdb; at most 15 bytes (pthread_setname_np(3)).
public func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let failure = spawnThread(named: name, body)
    precondition(failure == 0, "the system gives us no thread: \(SystemError(doing: "start a thread", code: failure))")
}

/// The same, for who can do without for a while: 0, or why there is none (pthread_create(3)).
func spawnThread(named name: String, _ body: @escaping @Sendable () -> Void) -> CInt {
    final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    let failure = pthread_create(
        &thread,
        &attributes,
        { argument in
            let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
            pthread_setname_np(pthread_self(), start.name)
            start.body()
            return nil
        },
        start.toOpaque()
    )
    if failure != 0 { start.release() }
    return failure
}
