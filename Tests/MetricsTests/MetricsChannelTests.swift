import AsyncChat
import Testing

@testable import Metrics

@Suite struct `The metrics endpoint` {
    @Test func `serves the exposition with its length`() throws {
        let answer = try HTTPScene().exchange("GET /metrics HTTP/1.0\r\n\r\n")
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        #expect(parts[0].hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(parts[0].contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
        #expect(parts[0].contains("Content-Length: \(parts[1].utf8.count)\r\n"))
        #expect(parts[0].contains("Connection: close"))
        #expect(parts[1].hasPrefix("# HELP overhear_build_info "))
        #expect(parts[1].utf8.last == UInt8(ascii: "\n"))
        for family in Catalogue.all { #expect(parts[1].contains("# TYPE \(family.name) ")) }
    }

    @Test func `answers HEAD with the same head and no body`() throws {
        let answer = try HTTPScene().exchange("HEAD /-/healthy HTTP/1.0\r\n\r\n")
        #expect(answer.contains("Content-Length: 8\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        ("GET / HTTP/1.0", "200"), ("GET /-/healthy HTTP/1.0", "200"), ("GET /-/ready?verbose HTTP/1.0", "200"),
        ("GET /nowhere HTTP/1.0", "404"), ("POST /metrics HTTP/1.0", "405"), ("OPTIONS * HTTP/1.0", "405"),
        ("nonsense", "400"), ("GET / HTTP/3.0", "505"), ("GET / HTTP/1.1\r\nX", "400"),
        ("GET / HTTP/1.1\r\nContent-Length: 3", "400"), ("POST / HTTP/1.1\r\nContent-Length: 3", "405"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", "501"),
    ]) func `answers with the status that fits`(head: String, status: String) throws {
        #expect(try HTTPScene().exchange(head + "\r\n\r\n").hasPrefix("HTTP/1.1 \(status) "))
    }

    @Test func `says what is allowed`() throws {
        #expect(try HTTPScene().exchange("PUT / HTTP/1.0\r\n\r\n").contains("\r\nAllow: GET, HEAD\r\n"))
    }

    @Test func `shows a page that needs nothing from elsewhere`() throws {
        let page = try HTTPScene().exchange("GET / HTTP/1.0\r\n\r\n")
        #expect(page.contains("text/html"))
        #expect(page.contains("1.2.3"))
        for path in ["/metrics", "/-/ready", "/status.json"] { #expect(page.contains("href=\"\(path)\"")) }
        #expect(page.contains("Content-Security-Policy: default-src 'none'; script-src 'nonce-"))
        #expect(!page.contains("src="))
        #expect(!page.contains("href=\"http"))
    }

    @Test func `is ready as the program says`() throws {
        let scene = try HTTPScene()
        scene.readiness.value = .notReady("draining: 3 sessions left")
        let answer = try scene.exchange("GET /-/ready HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.hasSuffix("\r\n\r\ndraining: 3 sessions left\n"))
        scene.readiness.value = .ready("ready, but recording is suspended: disk full")
        #expect(try scene.exchange("GET /-/ready HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `keeps a connection for the next scrape`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        for count in 1...3 {
            client.push(Array("GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            scene.turn(until: "answered") { client.answers.count == count && client.text.hasSuffix("healthy\n") }
        }
        #expect(!client.hasEnded)
        #expect(!client.text.contains("Connection: close"))
    }

    @Test func `answers pipelined requests in order and stops at the last`() throws {
        let answer = try HTTPScene().exchange(
            "GET /-/healthy HTTP/1.1\r\n\r\nGET /-/ready HTTP/1.1\r\n\r\nHEAD /x HTTP/1.1\r\n\r\n"
                + "GET /y HTTP/1.1\r\nConnection: close\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n"
        )
        let statuses = answer.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
        #expect(statuses == ["200", "200", "404", "404"])
    }

    @Test func `answers alike however the requests are cut`() throws {
        let request = Array("GET /-/healthy HTTP/1.1\r\n\r\nHEAD /x HTTP/1.0\r\nX: y\r\n\r\n".utf8)
        let whole = try HTTPScene().exchange(String(decoding: request, as: UTF8.self))
        for cut in 1..<request.count {
            let scene = try HTTPScene()
            let client = try scene.connect()
            client.push(Array(request[..<cut]))
            for _ in 0..<3 { scene.loop.turn(timeout: .zero) }
            client.push(Array(request[cut...]))
            scene.turn(until: "answered") { client.hasEnded }
            #expect(client.text == whole, "cut at \(cut)")
        }
    }

    @Test func `never takes a body for a request`() throws {
        let answer = try HTTPScene().exchange(
            "POST /metrics HTTP/1.1\r\nContent-Length: 27\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n"
        )
        #expect(answer.split(separator: "HTTP/1.1 ").count == 1)
        #expect(answer.hasPrefix("HTTP/1.1 405 "))
    }

    @Test func `gets its refusal across although the client goes on sending`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push([UInt8](repeating: 65, count: 300_000))
        scene.turn(until: "answered") { client.hasEnded }
        #expect(client.text.hasPrefix("HTTP/1.1 431 "))
        #expect(!client.wasReset)
    }

    @Test func `stops reading from a client that will not stop sending`() throws {
        var limits = MetricsLimits()
        limits.lingerByteCount = 100_000
        let scene = try HTTPScene(limits: limits)
        let client = try scene.connect()
        client.push([UInt8](repeating: 65, count: 8_000_000))
        scene.turn(until: "closed") { scene.listener.connectionCount == 0 }
    }

    @Test func `answers a request whose sender has finished sending`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push(Array("GET /-/healthy HTTP/1.1\r\n\r\n".utf8))
        client.shutdownWriteWhenDone()
        scene.turn(until: "answered") { client.hasEnded }
        #expect(client.text.hasSuffix("\r\n\r\nhealthy\n"))
    }

    @Test func `tells who ends the stream in the middle of a head`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push(Array("GET /metrics HTTP/1.1\r\nHost:".utf8))
        client.shutdownWriteWhenDone()
        scene.turn(until: "answered") { client.hasEnded }
        #expect(client.text.hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `refuses lines that end in a line feed alone at once`() throws {
        #expect(try HTTPScene().exchange("GET / HTTP/1.0\n\n").hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `gives a head five seconds`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push(Array("GET /metrics HTTP/1.1\r\n".utf8))
        scene.pass(seconds: 4)
        #expect(!client.hasEnded)
        client.push(Array("X: y\r\n".utf8))
        scene.pass(seconds: 3)
        scene.turn(until: "closed") { client.hasEnded }
        #expect(client.text == "")
    }

    @Test func `gives a connection that says nothing five seconds`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        scene.turn(until: "accepted") { scene.listener.connectionCount == 1 }
        scene.pass(seconds: 7)
        scene.turn(until: "closed") { client.hasEnded }
    }

    @Test func `lets an idle connection wait for its next scrape, and the next head no longer than the first`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push(Array("GET /-/healthy HTTP/1.1\r\n\r\n".utf8))
        scene.turn(until: "answered") { client.text.hasSuffix("healthy\n") }
        for _ in 0..<3 { scene.loop.turn(timeout: .zero) }
        scene.pass(seconds: 60)
        #expect(!client.hasEnded)
        client.push(Array("G".utf8))
        scene.pass(seconds: 7)
        scene.turn(until: "closed") { client.hasEnded }
    }

    @Test func `closes an idle connection in the end`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        client.push(Array("GET /-/healthy HTTP/1.1\r\n\r\n".utf8))
        scene.turn(until: "answered") { client.text.hasSuffix("healthy\n") }
        scene.pass(seconds: 80)
        scene.turn(until: "closed") { client.hasEnded }
        #expect(!client.wasReset)
    }

    @Test func `gives up on a client that does not take its answer, and serves others meanwhile`() throws {
        let scene = try HTTPScene(routes: 500)
        let slow = try scene.connect()
        slow.reads = false
        slow.push(Array(String(repeating: "GET /metrics HTTP/1.1\r\n\r\n", count: 40).utf8))
        for _ in 0..<20 { scene.loop.turn(timeout: .zero) }
        #expect(try scene.exchange("GET /-/healthy HTTP/1.0\r\n\r\n").hasSuffix("healthy\n"))
        scene.pass(seconds: 33)
        #expect(scene.listener.connectionCount == 0)
    }

    @Test func `reads no further requests while an answer is being taken`() throws {
        let scene = try HTTPScene(routes: 500)
        let slow = try scene.connect()
        slow.reads = false
        slow.push(Array(String(repeating: "GET /metrics HTTP/1.1\r\n\r\n", count: 40_000).utf8))
        for _ in 0..<50 { scene.loop.turn(timeout: .zero) }
        let channel = try #require(scene.loop.channels.lazy.compactMap { $0 as? MetricsChannel }.first)
        #expect(!channel.isWaitingForHead)
        #expect(channel.statistics.bytesIn <= channel.inputBufferByteCount)
    }

    @Test func `sends a long answer whole`() throws {
        let answer = try HTTPScene(routes: 700).exchange("GET /metrics HTTP/1.0\r\n\r\n")
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        #expect(parts[1].utf8.count > 5_000_000)
        #expect(parts[0].contains("Content-Length: \(parts[1].utf8.count)\r\n"))
    }

    @Test func `makes room by closing the connection that has waited longest`() throws {
        var limits = MetricsLimits()
        limits.connectionCount = 3
        let scene = try HTTPScene(limits: limits)
        let first = try scene.connect()
        scene.turn(until: "accepted") { scene.listener.connectionCount == 1 }
        scene.pass(seconds: 1)
        let others = try [scene.connect(), scene.connect()]
        scene.turn(until: "accepted") { scene.listener.connectionCount == 3 }
        scene.pass(seconds: 1)
        #expect(try scene.exchange("GET /-/healthy HTTP/1.0\r\n\r\n").hasSuffix("healthy\n"))
        scene.turn(until: "closed") { first.hasEnded }
        #expect(others.allSatisfy { !$0.hasEnded })
    }

    @Test func `closes everything with the listener`() throws {
        let scene = try HTTPScene()
        let client = try scene.connect()
        scene.turn(until: "accepted") { scene.listener.connectionCount == 1 }
        scene.listener.close()
        scene.turn(until: "closed") { client.hasEnded }
        #expect(scene.loop.channelCount == 1)
    }
}
