import CSQLite
import Glibc

/// `FILE.lock`, held for as long as the value lives: who has it is the only one who writes FILE.
///
/// A file of its own, because opening and closing the database file by hand would drop SQLite's locks on it.
struct WriterLock: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// The lock file was not there before.
    private let isNew: Bool

    init(databasePath: String) throws(CaptureError) {
        path = databasePath + ".lock"
        while true {
            var status = stat()
            let isNew = stat(path, &status) != 0
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
            guard descriptor >= 0 else { throw Self.cannotCreate(databasePath, errno) }
            guard Self.take(descriptor) else {
                let code = errno
                close(descriptor)
                throw Self.taken(databasePath, code)
            }
            // Somebody may have removed the file between our open and our lock: then it locks nothing.
            if Self.isStill(path, descriptor) {
                self.descriptor = descriptor
                self.isNew = isNew
                return
            }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    /// Whether anybody has it; nil if that may not be asked. Takes the lock for the blink of an eye, if it is free.
    static func isHeld(databasePath: String) -> Bool? {
        let descriptor = open(databasePath + ".lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return errno == ENOENT ? false : nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return false }
        return errno == EWOULDBLOCK ? true : nil
    }

    /// Is patient enough for those who only look whether it is held.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 1...10 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(5000)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Leaves no trace, if there was none before.
    consuming func withdraw() {
        if isNew { unlink(path) }
    }

    private static func isStill(_ path: String, _ descriptor: Int32) -> Bool {
        var named = stat()
        var held = stat()
        return stat(path, &named) == 0 && fstat(descriptor, &held) == 0
            && named.st_ino == held.st_ino && named.st_dev == held.st_dev
    }

    private static func cannotCreate(_ path: String, _ code: Int32) -> CaptureError {
        CaptureError(
            .cannotCreate,
            "cannot create \(path).lock: \(String(cString: strerror(code))): "
                + "create the folder or make it writable, or choose another --database"
        )
    }

    private static func taken(_ path: String, _ code: Int32) -> CaptureError {
        guard code == EWOULDBLOCK else {
            return CaptureError(
                .inputOutput,
                "cannot lock \(path).lock: \(String(cString: strerror(code))): choose a --database on another disk"
            )
        }
        return CaptureError(
            .locked,
            "another overhear is writing \(path): stop it, or choose another --database"
        )
    }
}
