import ArgumentParser
import AsyncChat
import Glibc

/// Standard output as commands that answer use it: whole, in order, and quiet about a reader that has seen enough.
///
/// With an interruption to heed it never sits in a write: Ctrl-C ends it also when nobody takes what it has.
final class Outlet {
    private let interruption: Interruption?
    private var waiting: [UInt8] = []

    /// What a pipe that is ready takes without waiting (PIPE_BUF).
    private static let readyByteCount = 4096
    private static let fullByteCount = 1 << 16

    init(_ interruption: Interruption? = nil) {
        self.interruption = interruption
        // A reader that is gone is an error of the write.
        signal(SIGPIPE, SIG_IGN)
    }

    func write(_ text: String) throws { try write(bytes: text.utf8) }

    func writeLine(_ line: String) throws { try write(line + "\n") }

    func write(bytes: some Collection<UInt8>) throws {
        waiting += bytes
        if waiting.count >= Self.fullByteCount { try flush() }
    }

    /// Writes what waits. Ends the command quietly if nobody reads it.
    func flush() throws {
        var rest = waiting[...]
        waiting.removeAll(keepingCapacity: true)
        while !rest.isEmpty {
            var limit = rest.count
            if let interruption {
                guard !interruption.isAsked else { return }
                limit = min(limit, Self.readyByteCount)
                let state = interruption.wait(on: STDOUT_FILENO, for: POLLOUT, milliseconds: -1)
                if state == 0 { continue }
            }
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, limit) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                throw ExitCode.success
            } else if errno == EAGAIN {
                usleep(1000)
            } else if errno != EINTR {
                throw Refusal(.inputOutput, "\(SystemError(doing: "cannot write the answer", code: errno))")
            }
        }
    }

    /// Waits for a moment, but not for nobody: ends the command when its reader has gone.
    ///
    /// - Returns: false if the end was asked for.
    func pause(milliseconds: CInt) throws -> Bool {
        guard let interruption else {
            usleep(UInt32(milliseconds) * 1000)
            return true
        }
        guard !interruption.isAsked else { return false }
        let state = interruption.wait(on: STDOUT_FILENO, for: 0, milliseconds: milliseconds)
        if state & (POLLERR | POLLHUP) != 0 { throw ExitCode.success }
        return !interruption.isAsked
    }
}
