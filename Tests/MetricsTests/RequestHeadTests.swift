import Testing

@testable import Metrics

@Suite struct `A request head` {
    @Test func `asks for a path`() throws {
        let head = try parse("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*")
        #expect(head.method == .get)
        #expect(head.path == "/metrics")
        #expect(!head.isLast)
        #expect(!head.hasBody)
    }

    @Test(arguments: [
        ("/", "/"), ("/a?b=c", "/a"), ("/a#b", "/a"), ("http://h:1/a?b", "/a"), ("HTTP://h", "/"), ("https://h?x", "/"),
        ("http://h#a/b", "/"),
        ("*", "*"), ("/a%20b", "/a%20b"),
    ]) func `loses the query and the authority`(target: String, path: String) throws {
        #expect(try parse("GET \(target) HTTP/1.1").path == path)
    }

    @Test(arguments: [
        ("GET", RequestHead.Method.get), ("HEAD", .head), ("POST", .other), ("get", .other), ("X-1", .other),
    ])
    func `names a method`(text: String, method: RequestHead.Method) throws {
        #expect(try parse("\(text) / HTTP/1.1").method == method)
    }

    @Test(arguments: [
        "GET / HTTP/1.0", "GET / HTTP/1.1\r\nConnection: close", "GET / HTTP/1.1\r\nCONNECTION:\tx , Close ",
        "GET / HTTP/1.1\r\nConnection: close,\u{301}x",
        "GET / HTTP/1.0\r\nConnection: keep-alive", "POST / HTTP/1.1\r\nContent-Length: 1",
    ]) func `is the last of its connection`(text: String) throws {
        #expect(try parse(text).isLast)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nConnection: keep-alive", "GET / HTTP/1.1\r\nConnection: closed",
        "GET / HTTP/1.1\r\nContent-Length: 0", "GET / HTTP/1.1\r\nContent-Length: 000",
        "GET / HTTP/1.1\r\nX: close", "\r\nGET / HTTP/1.1", "GET / HTTP/1.1\r\nX:", "GET / HTTP/1.1\r\nX: caf\u{e9}",
    ]) func `is followed by another`(text: String) throws {
        #expect(try !parse(text).isLast)
    }

    @Test(arguments: [
        "", "\r\n", "\r\n\r\nGET / HTTP/1.1", "GET", "GET /", "GET / ", "GET  / HTTP/1.1", "GET / HTTP/1.1 ",
        " GET / HTTP/1.1", "GET / HTTP", "GET / HTTP/1", "GET / HTTP/1.x", "GET / http/1.1", "GET / HTTP/11",
        "G\u{e9}T / HTTP/1.1", "GET /\u{e9} HTTP/1.1", "GET /\t HTTP/1.1", "GET / HTTP/1.1\nX: a",
        "GET / HTTP/1.1\rX: a",
        "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\nX", "GET / HTTP/1.1\r\n: a", "GET / HTTP/1.1\r\nX : a",
        "GET / HTTP/1.1\r\nX: a\r\n folded", "GET / HTTP/1.1\r\n X: a", "GET / HTTP/1.1\r\nX: \u{0}",
        "GET / HTTP/1.1\r\nX: \u{7f}", "GET / HTTP/1.1\r\nContent-Length:", "GET / HTTP/1.1\r\nContent-Length: +1",
        "GET / HTTP/1.1\r\nContent-Length: -1", "GET / HTTP/1.1\r\nContent-Length: 1x",
        "GET / HTTP/1.1\r\nContent-Length: 1, 1", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", "\u{16}\u{3}\u{1}\u{2}\u{0}",
    ]) func `is refused where readers could disagree`(text: String) {
        #expect(refusal(text)?.status == .badRequest, "\(text.debugDescription)")
    }

    @Test func `is refused in another version`() {
        #expect(refusal("GET / HTTP/2.0") == .unsupportedVersion)
        #expect(refusal("PRI * HTTP/2.0") == .unsupportedVersion)
    }

    @Test func `is refused with a transfer encoding`() {
        #expect(refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked") == .transferEncoded)
    }

    @Test func `is the same however it is cut`() throws {
        let text = Array("GET /metrics?x HTTP/1.1\r\nHost: a\r\nConnection: close".utf8)
        for cut in 0...text.count {
            var collector = HeadCollector(byteLimit: 100)
            for piece in [text[..<cut], text[cut...]] where !piece.isEmpty { try collector.collect(piece.span.bytes) }
            #expect(try RequestHead(parsing: collector.take()) == RequestHead(parsing: text))
            #expect(collector.isEmpty)
        }
    }

    @Test func `is refused at the first line feed alone, however it is cut`() {
        let text = Array("GET / HTTP/1.1\nHost: a".utf8)
        for cut in 0...text.count {
            var collector = HeadCollector(byteLimit: 100)
            #expect(throws: Refusal.self) {
                for piece in [text[..<cut], text[cut...]] { try collector.collect(piece.span.bytes) }
            }
        }
    }

    @Test func `may fill its bound and not pass it`() throws {
        var collector = HeadCollector(byteLimit: 8)
        try collector.collect([UInt8](repeating: 65, count: 8).span.bytes)
        #expect(throws: Refusal.headTooLarge) { try collector.collect([65].span.bytes) }
    }

    private func parse(_ text: String) throws -> RequestHead {
        try RequestHead(parsing: Array(text.utf8))
    }

    private func refusal(_ text: String) -> Refusal? {
        do throws(Refusal) {
            _ = try RequestHead(parsing: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }
}
