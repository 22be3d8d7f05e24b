import Glibc

/// The few system calls that reading /proc takes: the only pointers in this module.
enum ProcFile {
    /// The whole of a small file, or nil where it cannot be read. Files of /proc never block.
    static func text(_ path: String) -> String? {
        // Safe: the string is lent as a C string for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < byteLimit {
            let block = readBlock(descriptor)
            if block.isEmpty { break }
            bytes += block
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many descriptors this process has open.
    ///
    /// Linux 6.2 and later tell it as the size of the directory, at a cost that does not grow with the number; before,
    /// the size is 0 and the entries are counted.
    static func openDescriptorCount() -> Int64? {
        var status = stat()
        // Safe: both arguments outlive the call, and stat(2) fills exactly the struct it is given.
        guard unsafe stat("/proc/self/fd", &status) == 0 else { return nil }
        return status.st_size > 0 ? Int64(status.st_size) : countEntries()
    }

    /// `.`, `..` and the descriptor that reads the directory do not count.
    static func countEntries() -> Int64? {
        // Safe: the stream is checked before use and closed once, after the last read.
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var entries: Int64 = 0
        while unsafe readdir(directory) != nil { entries += 1 }
        return entries - 3
    }

    private static let byteLimit = 1 << 20
    private static let blockByteCount = 4096

    private static func readBlock(_ descriptor: CInt) -> [UInt8] {
        // Safe: read(2) writes at most `count` bytes into the storage lent to it, and says how many.
        unsafe [UInt8](unsafeUninitializedCapacity: blockByteCount) { buffer, count in
            count = max(0, unsafe read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}
