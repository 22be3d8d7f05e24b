import CLinux
import Glibc

/// The file that names a Unix socket: it outlives its listener, so a new one must tell a stale file from a live one.
public enum UnixSocketFile {
    /// bind(2), where a socket file that nobody answers on does not stand in the way.
    static func bind(_ socket: borrowing Socket, to address: SocketAddress) throws(SystemError) {
        do {
            try socket.bind(to: address)
        } catch {
            guard error.code == EADDRINUSE, case .unix(let path) = address, isStale(address) else { throw error }
            remove(path)
            try socket.bind(to: address)
        }
    }

    /// Removes the file; nothing happens if there is none.
    public static func remove(_ path: String) {
        _ = unlink(path)
    }

    /// Is there a socket file that nobody listens on? Never a file of another kind, which connect(2) refuses alike.
    private static func isStale(_ address: SocketAddress) -> Bool {
        guard case .unix(let path) = address, isSocket(path) else { return false }
        do {
            try Socket.stream(for: address).connect(to: address)
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
