import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The HTTP server` {
    private let server: RunningExample
    private let address: String

    init() throws {
        server = try RunningExample("http-server")
        address = try server.listeningAddress()
    }

    private func curl(_ arguments: String...) throws -> String {
        let curl = try RunningExample("/usr/bin/env", ["curl", "--silent", "--max-time", "20"] + arguments)
        let output = try curl.remainingOutput()
        #expect(try curl.exitStatus() == 0, "curl \(arguments)")
        return output
    }

    @Test func `answers one request after the other on one connection`() throws {
        let url = "http://\(address)/"
        let output = try curl("--write-out", "%{http_code} %{num_connects}\n", url, url, url)
        let lines = output.split(separator: "\n").map(String.init)
        try #require(lines.count == 6)
        #expect(lines[0].hasPrefix("You asked from 127.0.0.1:"))
        #expect([lines[1], lines[3], lines[5]] == ["200 1", "200 0", "200 0"])
        #expect(Set([lines[0], lines[2], lines[4]]).count == 1)
    }

    @Test(arguments: [1, 2, 65535, 65536, 65537, 1 << 20]) func `takes a body by its count`(byteCount: Int) throws {
        let folder = FileManager.default.temporaryDirectory
        let (sent, received) = (folder.appending(path: "sent-\(UUID())"), folder.appending(path: "received-\(UUID())"))
        try Data((0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }).write(to: sent)
        defer {
            try? FileManager.default.removeItem(at: sent)
            try? FileManager.default.removeItem(at: received)
        }
        let output = try curl(
            "--data-binary",
            "@\(sent.path)",
            "--output",
            received.path,
            "--write-out",
            "%{http_code}",
            "http://\(address)/echo"
        )
        #expect(output == "200")
        #expect(try Data(contentsOf: received) == Data(contentsOf: sent))
    }

    @Test func `does not wait for a body of no bytes`() throws {
        let url = "http://\(address)/echo"
        #expect(try curl("--data", "", "--write-out", "%{http_code} %{size_download}", url) == "200 0")
        // And the head that follows it on the connection is read as a head.
        let next = try curl("--data", "", url, "--next", "--silent", "--head", "http://\(address)/")
        #expect(next.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `says to go on where the client asks first`() throws {
        let caller = try Caller(address)
        caller.say("POST /echo HTTP/1.1\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
        #expect(caller.hear() == "HTTP/1.1 100 Continue\r\n")
        #expect(caller.hear() == "\r\n")
        caller.say("hello\n")
        #expect(caller.hear() == "HTTP/1.1 200 OK\r\n")
    }

    @Test func `makes an answer while it is sent`() throws {
        let output = try curl(
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code} %{size_download}",
            "http://\(address)/bytes/50000000"
        )
        #expect(output == "200 50000000")
        #expect(try curl("http://\(address)/bytes/30") == "abcdefghijklmnopqrstuvwxyzabcd")
        #expect(try curl("--http1.0", "http://\(address)/bytes/5") == "abcde")
    }

    @Test func `answers requests that came in one piece, in order`() throws {
        let caller = try Caller(address)
        caller.say(
            "POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\none\n"
                + "POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                + "GET /bytes/3 HTTP/1.1\r\n\r\n"
                + "POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\ntwo\n"
        )
        let answers = try #require(caller.hearAll())
        let bodies = answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst().map { answer in
            answer.components(separatedBy: "\r\n\r\n").dropFirst().joined()
        }
        #expect(bodies == ["one\n", "", "abc", "two\n"])
    }

    @Test(arguments: 1...9) func `understands a request however it is cut`(cut: Int) throws {
        let caller = try Caller(address)
        let request = Array("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /bytes/2 HTTP/1.0\r\n\r\n".utf8)
        for start in stride(from: 0, to: request.count, by: cut) {
            caller.say(String(decoding: request[start..<min(start + cut, request.count)], as: UTF8.self))
        }
        let answers = try #require(caller.hearAll())
        #expect(answers.contains("\r\n\r\nhelloHTTP/1.1 200 OK\r\n") && answers.hasSuffix("\r\n\r\nab"))
    }

    @Test func `answers a client that ended its stream`() throws {
        let caller = try Caller(address)
        caller.say("GET /bytes/300000 HTTP/1.1\r\n\r\n")
        caller.endStream()
        #expect(caller.hearAll()?.utf8.count ?? 0 > 300_000)
    }

    @Test(arguments: [
        ("junk\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"),
        ("POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400 Bad Request"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"),
        ("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "501 Not Implemented"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "413 Content Too Large"),
        ("GET / HTTP/1.1\r\n" + String(repeating: "x", count: 20000), "431 Request Header Fields Too Large"),
        ("G" + String(repeating: "x", count: 20000) + "\r\n\r\n", "431 Request Header Fields Too Large"),
    ]) func `refuses what it does not take, and ends the connection`(request: String, status: String) throws {
        let caller = try Caller(address)
        caller.say(request)
        let answer = try #require(caller.hearAll())
        #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n") && answer.contains("Connection: close\r\n"))
        #expect(answer.components(separatedBy: "HTTP/1.1").count == 2)
    }

    @Test func `knows nothing else, and stays`() throws {
        let output = try curl(
            "--write-out",
            "%{http_code} %{num_connects}\n",
            "http://\(address)/nothing",
            "http://\(address)/bytes/many"
        )
        #expect(output == "404 1\n404 0\n")
    }
}
