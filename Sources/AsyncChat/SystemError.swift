import CLinux
import Glibc

/// A system call that failed: what was being done, and the errno it left.
///
/// Reads as an operator would say it: `bind 127.0.0.1:8025: Address already in use (EADDRINUSE)`.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Verb and object of what was being done, without its outcome.
    public let doing: String
    /// The errno (errno(3)).
    public let code: CInt

    /// Names a failure by hand, as tests and scripted channels do.
    public init(doing: String, code: CInt) {
        self.doing = doing
        self.code = code
    }

    /// Takes errno; call it before anything else may change it.
    @inline(never)
    static func last(_ doing: @autoclosure () -> String) -> SystemError {
        let code = errno
        return SystemError(doing: doing(), code: code)
    }

    /// The errno's symbol, such as `ECONNRESET`, or its number where it has none.
    public var symbol: String {
        strerrorname_np(code).map { String(cString: $0) } ?? String(code)
    }

    /// The errno's text and symbol: `Address already in use (EADDRINUSE)`.
    public var reason: String {
        var text = [CChar](repeating: 0, count: 256)
        // The POSIX form, which fills the buffer with a terminated text also for an unknown number.
        _ = strerror_r(code, &text, text.count)
        let message = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return "\(message) (\(symbol))"
    }

    /// What was being done and why it failed: `bind 127.0.0.1:8025: Address already in use (EADDRINUSE)`.
    public var description: String { "\(doing): \(reason)" }
}

extension SystemError {
    /// The peer is gone: what asyncore answers with `handle_close` rather than `handle_error`.
    public var isDisconnection: Bool {
        switch code {
        case ECONNRESET, ENOTCONN, ESHUTDOWN, ECONNABORTED, EPIPE, EBADF: true
        default: false
        }
    }

    /// The process or the system is out of descriptors or memory for now: accept(2) is worth another try later.
    public var isExhaustion: Bool {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
