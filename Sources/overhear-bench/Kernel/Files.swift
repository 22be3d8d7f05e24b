import FoundationEssentials
import Glibc

/// Small files, read and written whole.
enum Files {
    static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Trouble("cannot write \(path)") }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Trouble("cannot write \(path)") }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// A folder for one measurement, gone with all that lies in it when nobody holds it any more.
final class Folder {
    let path: String

    /// - Parameter parent: where it lies; memory, where there is a disk in memory, so that no disk is measured.
    init(in parent: String = Files.exists("/dev/shm") ? "/dev/shm" : "/tmp") throws {
        var template = Array("\(parent)/overhear-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Trouble("cannot make a folder in \(parent)") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        chmod(path, 0o755)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
