import Glibc

/// The files of a capture, seen by name only: nothing here opens one.
struct CapturePaths: Sendable {
    let database: String

    /// Through a symbolic link, as SQLite does: the other files lie beside the real one, and it has one lock.
    init(database: String) {
        var status = stat()
        guard lstat(database, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let real = realpath(database, nil)
        else {
            self.database = database
            return
        }
        self.database = String(cString: real)
        free(real)
    }

    var log: String { database + "-wal" }
    var logIndex: String { database + "-shm" }
    var journal: String { database + "-journal" }

    /// Identity and size of a file at one moment.
    struct Sight: Equatable {
        let device: UInt
        let inode: UInt
        let byteCount: Int64
        let isRegularFile: Bool

        func isSameFile(as other: Sight) -> Bool { device == other.device && inode == other.inode }
    }

    /// Nil if there is nothing of this name (or it may not be seen).
    static func look(at path: String) -> Sight? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Sight(
            device: UInt(status.st_dev),
            inode: UInt(status.st_ino),
            byteCount: Int64(status.st_size),
            isRegularFile: status.st_mode & S_IFMT == S_IFREG
        )
    }

    /// When the file of this name was last written to, in nanoseconds since 1970.
    static func lastChange(of path: String) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    /// Makes the empty database file with our mode. Not by opening it: `close` would drop SQLite's locks on it.
    func create() throws(CaptureError) {
        guard mknod(database, S_IFREG | 0o640, 0) != 0 else { return }
        // Where only opening makes files, SQLite does it.
        guard ![EEXIST, EPERM, EINVAL, ENOSYS].contains(errno) else { return }
        let reason = String(cString: strerror(errno))
        throw CaptureError(
            .cannotCreate,
            "cannot create \(database): \(reason): make its folder writable, or choose another --database"
        )
    }

    /// Takes back the index that reading a left-over log has made. Only under the writer's lock.
    func removeLogIndex() { unlink(logIndex) }

    /// Takes back a database that could not be made.
    func remove() {
        for path in [database, log, logIndex, journal] { unlink(path) }
    }
}
