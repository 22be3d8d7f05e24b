import Foundation
import Testing

/// Real HTTP traffic: a server that Debian ships, and curl.
@Suite struct `A web server behind the relay` {
    /// Serves a folder with Python's own server.
    private func withWebServer<Value>(_ folder: Folder, _ body: (String) throws -> Value) throws -> Value {
        let server = try Child(
            "python3",
            [
                "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1", "--directory",
                folder.path,
            ]
        )
        let port = try eventually("the web server listens; it said: \(server.errors)") {
            if server.hasEnded { throw Trouble("the web server ended: \(server.errors)") }
            return server.output.firstMatch(of: /port (\d+)/).map { String($0.1) }
        }
        return try body("127.0.0.1:\(port)")
    }

    @Test func `gives curl every byte of a large binary file, and the record has them too`() throws {
        let folder = try Folder()
        let file = Data((0..<5_000_000).map { _ in UInt8.random(in: 0...255) })
        try file.write(to: URL(fileURLWithPath: folder.file("large")))
        try withWebServer(folder) { server in
            try withRelay(to: server, framing: "crlf") { relay in
                let place = try Folder()
                let target = place.file("copy")
                try succeed("curl", ["-sSf", "-o", target, "http://\(relay.address)/large"])
                let sums = try succeed("sha256sum", [folder.file("large"), target]).split(separator: "\n")
                #expect(sums[0].prefix(64) == sums[1].prefix(64))
                try relay.settle()
                let stream = try relay.record.stream(session: 1, direction: 1)
                let body = try #require(Data(stream).range(of: Data("\r\n\r\n".utf8)))
                #expect(Data(stream)[body.upperBound...] == file)
                #expect(
                    Double(stream.count)
                        == (try relay.scrape()).sum("overhear_received_bytes_total", having: "downstream")
                )
            }
        }
    }

    @Test func `takes an upload of a large binary file`() throws {
        let folder = try Folder()
        let file = Data((0..<3_000_000).map { _ in UInt8.random(in: 0...255) })
        try file.write(to: URL(fileURLWithPath: folder.file("large")))
        let ear = try Ear()
        try withRelay(to: ear.address, framing: "crlf") { relay in
            let curl = try Child(
                "curl",
                ["-sSf", "-H", "Expect:", "--data-binary", "@\(folder.file("large"))", "http://\(relay.address)/"]
            )
            let server = try ear.accept()
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try server.receive(exactly: 1) }
            let body = try server.receive(exactly: file.count)
            #expect(Data(body) == file)
            try server.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nthanks")
            #expect(try curl.wait() == 0)
            #expect(curl.output == "thanks")
            server.close()
            try relay.settle()
            #expect(try relay.record.stream(session: 1, direction: 0) == head + body)
        }
    }

    @Test func `answers several requests over one connection`() throws {
        let folder = try Folder()
        for name in ["one", "two", "three"] {
            try Data("this is \(name)".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        }
        try withWebServer(folder) { server in
            try withRelay(to: server, framing: "crlf") { relay in
                let urls = ["one", "two", "three", "missing"].map { "http://\(relay.address)/\($0)" }
                let output = try succeed("curl", ["-sS", "-w", " %{http_code}\n"] + urls)
                for line in ["this is one 200", "this is two 200", " 404", "this is three 200"] {
                    #expect(output.contains(line))
                }
                try relay.settle()
                #expect(try relay.record.number("SELECT count(*) FROM sessions") == 1)
                let requests = try relay.record.messages(direction: 0).filter { $0.hasPrefix("GET") }
                #expect(requests.map { $0.split(separator: " ")[1] } == ["/one", "/two", "/three", "/missing"])
            }
        }
    }
}
