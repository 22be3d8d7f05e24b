import AsyncChat
import CLinux
import Glibc

/// Hears the signals that ask the program to end, as events of its loop (signalfd(2)).
final class SignalListener: Dispatcher {
    private let heard: (CInt) -> Void

    /// The signals that end the program.
    private static let ending = [SIGTERM, SIGINT]

    /// Keeps the signals from interrupting any thread: call it before the first is started, for each has what its maker has.
    static func block() {
        var signals = set()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // Writing to a peer that is gone is an error of that call, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        // Nor is a limit for the size of files (ulimit -f).
        signal(SIGXFSZ, SIG_IGN)
    }

    init(loop: EventLoop, _ heard: @escaping (CInt) -> Void) throws(SystemError) {
        self.heard = heard
        var signals = Self.set()
        let descriptor = signalfd(-1, &signals, CInt(SFD_NONBLOCK | SFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError(doing: "listen for signals", code: errno) }
        super.init(loop: loop, file: OpenFile(owning: descriptor))
    }

    override func writable() -> Bool { false }

    override func handleRead() {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(descriptor, &information, size) == size { heard(CInt(information.ssi_signo)) }
    }

    private static func set() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in ending { sigaddset(&signals, signal) }
        return signals
    }
}
