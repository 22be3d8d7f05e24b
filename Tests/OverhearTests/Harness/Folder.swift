import Foundation
import Glibc

/// A temporary folder that is gone when nobody uses it any more.
final class Folder: Sendable {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.path
        var template = Array("\(base)/overhear-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Trouble.call("mkdtemp") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        // A test may have made it read-only.
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// What lies in it, by name.
    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }

    /// What lies in it, with every byte.
    var contents: [String: Data] {
        var contents: [String: Data] = [:]
        for name in names { contents[name] = FileManager.default.contents(atPath: file(name)) }
        return contents
    }
}
