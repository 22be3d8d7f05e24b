import Glibc

/// A folder of our own under `$TMPDIR` or `/tmp`, for as long as it is wanted.
struct TemporaryFolder {
    let path: String

    init() throws(Refusal) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/overhear-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Refusal(.cannotCreate, "cannot make a folder in \(parent): set TMPDIR to one that can be written")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Removes it with the plain files in it.
    func remove() {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
