import Glibc

/// The filesystem on which a file lies, as it is now.
struct Filesystem: Equatable, Sendable {
    let byteCount: Int64
    /// What an unprivileged process may still use.
    let availableByteCount: Int64

    /// Nil where the system does not say.
    static func look(at path: String) -> Filesystem? {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let unit = Int64(clamping: status.f_frsize)
        return Filesystem(
            byteCount: Int64(clamping: status.f_blocks) &* unit,
            availableByteCount: Int64(clamping: status.f_bavail) &* unit
        )
    }
}
