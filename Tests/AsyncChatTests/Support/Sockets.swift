import Glibc

@testable import AsyncChat

/// Two connected Unix sockets.
struct SocketPair: ~Copyable {
    let near: Socket
    let far: Socket

    init() throws {
        var descriptors: (CInt, CInt) = (-1, -1)
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let failure = withUnsafeMutableBytes(of: &descriptors) {
            socketpair(AF_UNIX, type, 0, $0.baseAddress!.assumingMemoryBound(to: CInt.self))
        }
        guard failure == 0 else { throw SystemError(doing: "make a pair of sockets", code: errno) }
        near = Socket(owning: descriptors.0)
        far = Socket(owning: descriptors.1)
    }
}

extension Socket {
    /// Another descriptor for the same socket, which no process that a test starts inherits.
    borrowing func duplicate() -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

    /// Sends a text, all of it.
    borrowing func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        let count = try bytes.withUnsafeBytes { try Socket.send(descriptor, $0) }
        precondition(count == bytes.count, "a test sends no more than the kernel takes at once")
    }
}
