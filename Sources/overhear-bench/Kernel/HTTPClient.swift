import Glibc

/// One GET over a connection of its own.
enum HTTPClient {
    /// - Returns: the status and the body.
    static func get(_ path: String, port: UInt16) throws -> (status: Int, body: String) {
        let descriptor = try Loopback.connect(to: port)
        defer { close(descriptor) }
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        guard Blocking.send(Array(request.utf8), to: descriptor) else { throw Trouble("cannot ask for \(path)") }
        let answer = String(decoding: Blocking.receive(4 << 20, from: descriptor), as: UTF8.self)
        let words = answer.prefix(64).split(separator: " ", maxSplits: 2)
        guard words.count == 3, let status = Int(words[1]) else { throw Trouble("no answer to GET \(path)") }
        return (status, answer)
    }
}
