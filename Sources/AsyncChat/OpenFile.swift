import Glibc

/// One open descriptor that is no socket: a pipe, a terminal, a device, a plain file, one of Linux's event descriptors
/// (asyncore's `file_wrapper`). Closed when its owner lets go of it.
///
/// Is made non-blocking, which whoever shares the open file notices (open(2)), and close-on-exec. A plain file is always
/// ready, and reading it can take as long as a disk takes.
///
/// Writing into a pipe that nobody reads raises SIGPIPE, and write(2) has no flag against it as send(2) has: where that
/// would still end the process, making one of these has it ignored, as Python does at its start.
public struct OpenFile: ~Copyable {
    /// The descriptor number; valid as long as this value lives.
    public let descriptor: CInt

    /// Takes over a descriptor that nobody else will close.
    public init(owning descriptor: CInt) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        Self.ignoreBrokenPipes()
    }

    /// A descriptor of its own for a file that somebody else has open too, and closes for himself (dup(2)).
    public init(duplicating descriptor: CInt) throws(SystemError) {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { throw .last("duplicate descriptor \(descriptor)") }
        self.init(owning: duplicate)
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Leaves the descriptor to somebody who will close it.
    consuming func release() -> CInt {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// One read(2).
    static func read(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError)
        -> Socket.ReadOutcome
    {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .endOfStream }
            switch errno {
            case EAGAIN: return .wouldBlock
            case EINTR: continue
            default: throw .last("read")
            }
        }
    }

    /// One write(2): how many bytes the kernel took, 0 where it would block.
    static func write(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return count }
            switch errno {
            case EAGAIN: return 0
            case EINTR: continue
            default: throw .last("write")
            }
        }
    }

    private static func ignoreBrokenPipes() {
        var action = sigaction()
        guard sigaction(SIGPIPE, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else { return }
        signal(SIGPIPE, SIG_IGN)
    }
}
