import AsyncChat
import CLinux
import Glibc

/// Notices Ctrl-C and SIGTERM between the steps of a command that has something to end properly (signalfd(2)).
final class Interruption {
    private let descriptor: CInt
    private var heard: CInt?

    /// From here on the signals wait to be noticed.
    init() throws(Refusal) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        descriptor = signalfd(-1, &signals, CInt(SFD_NONBLOCK | SFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw Refusal(.unavailable, "\(SystemError(doing: "cannot listen for signals", code: errno))")
        }
    }

    deinit { close(descriptor) }

    /// Somebody asked for the end.
    var isAsked: Bool {
        if heard != nil { return true }
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        if read(descriptor, &information, size) == size { heard = CInt(information.ssi_signo) }
        return heard != nil
    }

    /// Ends the process as the signal would have, for a command that could not do what it was asked to.
    func leave() -> Never {
        let number = heard ?? SIGINT
        signal(number, SIG_DFL)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        raise(number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        _exit(128 + number)
    }

    /// Waits until a descriptor takes bytes, has no reader any more, or somebody asks for the end.
    ///
    /// - Parameter milliseconds: the longest wait; -1 for ever.
    /// - Returns: what poll(2) says of the descriptor.
    func wait(on output: CInt, for events: Int32, milliseconds: CInt) -> Int32 {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: Int16(events), revents: 0),
        ]
        return poll(&polled, 2, milliseconds) > 0 ? Int32(polled[1].revents) : 0
    }
}
