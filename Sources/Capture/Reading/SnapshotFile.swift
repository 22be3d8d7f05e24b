import Glibc

/// A new file that has its name only once it is whole: made beside it under another name, synced, and then named, which
/// never takes the place of a file that is there.
struct SnapshotFile {
    let path: String
    let partialPath: String

    /// Refuses what could not be named in the end.
    init(path: String) throws(CaptureError) {
        self.path = path
        partialPath = "\(path).\(getpid()).partial"
        var status = stat()
        guard lstat(path, &status) != 0 else { throw Self.exists(path) }
    }

    /// An empty file to write into.
    func create() throws(CaptureError) {
        unlink(partialPath)
        let descriptor = open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw CaptureError(
                .cannotCreate,
                "cannot create \(path): \(Self.reason(errno)): make its folder writable, or choose another place"
            )
        }
        close(descriptor)
    }

    /// Brings it to the disk and gives it its name.
    func name() throws(CaptureError) {
        try Self.sync(partialPath, path)
        // link(2) says so if the name was taken meanwhile; rename(2) would not. Where there are no links it has to do.
        if link(partialPath, path) == 0 {
            unlink(partialPath)
        } else {
            let code = errno
            guard code != EEXIST else { throw Self.exists(path) }
            var status = stat()
            guard [EPERM, ENOSYS, EOPNOTSUPP, EMLINK].contains(code), lstat(path, &status) != 0,
                rename(partialPath, path) == 0
            else { throw CaptureError(.inputOutput, "cannot name \(path): \(Self.reason(code))") }
        }
        try Self.sync(Self.folder(of: path), path)
    }

    /// Leaves nothing of a file that is not wanted.
    func discard() {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partialPath + suffix) }
    }

    private static func sync(_ synced: String, _ path: String) throws(CaptureError) {
        let descriptor = open(synced, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CaptureError(.inputOutput, "cannot sync \(path): \(reason(errno))") }
        defer { close(descriptor) }
        // Folders of some filesystems cannot be synced, and need not.
        guard fsync(descriptor) != 0, errno != EINVAL else { return }
        throw CaptureError(.inputOutput, "cannot sync \(path): \(reason(errno)): check its disk")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func exists(_ path: String) -> CaptureError {
        CaptureError(.cannotCreate, "\(path) exists, and a snapshot takes nobody's place: choose another name")
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
