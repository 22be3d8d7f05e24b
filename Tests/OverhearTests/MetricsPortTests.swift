import Foundation
import Glibc
import Testing

/// The metrics port: what it answers, and that nobody there can hurt the relay.
@Suite struct `The metrics port` {
    /// The relay answers a client as if nobody else were there.
    private func expectUnaffected(_ relay: RunningRelay, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let client = try relay.connect()
        try client.send("unaffected\n")
        let answer = try client.receiveText(exactly: 11)
        #expect(answer == "unaffected\n", sourceLocation: sourceLocation)
    }

    private func ask(_ relay: RunningRelay, _ request: String) throws -> Wire {
        let wire = try Wire(to: relay.metricsAddress)
        try wire.send(request)
        return wire
    }

    @Test func `is understood by Prometheus' own strict parser, while traffic is recorded`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                for _ in 1...100 { try client.send("counted\n") }
                _ = try client.receive(exactly: 800)
                let text = try relay.get("/metrics").text
                let script = """
                    import sys
                    from prometheus_client.parser import text_string_to_metric_families as parse
                    samples = {}
                    for family in parse(sys.stdin.read()):
                        assert family.documentation, family.name
                        assert family.type != "unknown", family.name
                        for sample in family.samples:
                            key = (sample.name, tuple(sorted(sample.labels.items())))
                            assert key not in samples, key
                            samples[key] = sample.value
                    route = ("route", "default")
                    print(int(samples["overhear_messages_total", (("direction", "upstream"), route)]))
                    print(int(samples["overhear_sessions_active", (route,)]))
                    """
                let outcome = try run(python, ["-c", script], input: text)
                #expect(outcome.errors.isEmpty)
                #expect(outcome.output == "100\n1\n")
            }
        }
    }

    @Test func `is understood as OpenMetrics too, and an exemplar leads to its message in the record`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("short\n" + String(repeating: "x", count: 4999) + "\n")
                _ = try client.receive(exactly: 5006)
                let wire = try ask(
                    relay,
                    "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n"
                )
                let answer = try wire.receiveAnswer()
                #expect(answer.fields["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
                let script = """
                    import sys
                    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
                    for family in parse(sys.stdin.read()):
                        assert family.documentation and family.type != "unknown", family.name
                        for sample in family.samples:
                            up = sample.labels.get("direction") == "upstream"
                            if family.name == "overhear_message_size_bytes" and up and sample.exemplar:
                                e = sample.exemplar
                                print(sample.labels["le"], e.labels["session"], e.labels["sequence"], int(e.value))
                    """
                let outcome = try run(python, ["-c", script], input: answer.text)
                #expect(outcome.errors.isEmpty)
                #expect(outcome.output == "16.0 1 1 6\n16384.0 1 2 5000\n")
                client.close()
                try relay.settle()
                let query = "SELECT byte_count FROM messages WHERE session_id = 1 AND direction = 0 AND sequence = 2"
                #expect(try relay.record.number(query) == 5000)
            }
        }
    }

    @Test func `answers GET and HEAD, and says what else there is`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let metrics = try relay.get("/metrics")
                #expect(metrics.status == 200)
                #expect(metrics.fields["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
                #expect(metrics.body.last == UInt8(ascii: "\n"))
                #expect(try relay.get("/-/healthy").status == 200)
                #expect(try relay.get("/-/ready").status == 200)
                #expect(try relay.get("/").text.contains("/metrics"))
                #expect(try relay.get("/nowhere").status == 404)
                let head = try ask(relay, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                let answer = try head.receiveAnswer(hasBody: false)
                #expect(answer.status == 200)
                #expect((answer.fields["content-length"].flatMap { Int($0) } ?? 0) > 1000)
                #expect(try head.receiveToEnd().bytes.isEmpty)
                for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                    let wrong = try ask(relay, "\(method) /metrics HTTP/1.1\r\nHost: x\r\n\r\n").receiveAnswer()
                    #expect(wrong.status == 405)
                    #expect(wrong.fields["allow"] == "GET, HEAD")
                }
            }
        }
    }

    @Test func `keeps a connection alive, takes requests in advance, and closes when asked`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try ask(relay, "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try wire.receiveAnswer().status == 200)
                try wire.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 20))
                for _ in 1...20 { #expect(try wire.receiveAnswer().status == 200) }
                try wire.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(try wire.receiveAnswer().text == "healthy\n")
                #expect(try wire.receiveToEnd().bytes.isEmpty)
                let old = try ask(relay, "GET /-/healthy HTTP/1.0\r\n\r\n")
                #expect(try old.receiveAnswer().status == 200)
                #expect(try old.receiveToEnd().bytes.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("garbage\r\n\r\n", 400), ("\0\u{1}\u{2}\r\n\r\n", 400), ("GET  /metrics HTTP/1.1\r\n\r\n", 400),
        ("GET /metrics HTTP/2.0\r\n\r\n", 505), ("GET /metrics HTTP/1.1\nHost: x\n\n\r\n\r\n", 400),
        ("GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        ("GET /metrics HTTP/1.1\r\nno colon here\r\n\r\n", 400),
    ])
    func `answers garbage with what is wrong, and closes`(garbage: String, status: Int) throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try ask(relay, garbage)
                let answer = try wire.receiveAnswer()
                #expect(answer.status == status)
                #expect(try wire.receiveToEnd().bytes.isEmpty)
                try expectUnaffected(relay)
            }
        }
    }

    @Test func `refuses half a request whose sender has no more to say`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try ask(relay, "GET /metrics HTT")
                wire.shutdownWrite()
                #expect(try wire.receiveAnswer().status == 400)
                try expectUnaffected(relay)
            }
        }
    }

    @Test func `refuses ten mebibytes of header and keeps none of them`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let before = try relay.residentByteCount()
                let wire = try ask(relay, "GET /metrics HTTP/1.1\r\n")
                let piece = "X-Padding: " + String(repeating: "x", count: 1_000_000) + "\r\n"
                // It may close before all is said: both are right.
                for _ in 1...10 { guard (try? wire.send(piece)) != nil else { break } }
                if let answer = try? wire.receiveAnswer() { #expect(answer.status == 431) }
                #expect(try relay.residentByteCount() < before + 8_000_000)
                try expectUnaffected(relay)
                #expect(try relay.get("/-/ready").status == 200)
            }
        }
    }

    @Test func `answers 431 to a head that is too long`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let long = String(repeating: "x", count: 9000)
                let wire = try ask(relay, "GET /metrics HTTP/1.1\r\nX-Padding: \(long)\r\n\r\n")
                #expect(try wire.receiveAnswer().status == 431)
                #expect(try wire.receiveToEnd().ending == .endOfStream)
            }
        }
    }

    @Test func `lets go of a client that sends its request one byte at a time for too long`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try ask(relay, "GET /metrics HTTP/1.1\r\nX: ")
                try eventually("the slow client is let go of") {
                    usleep(100_000)
                    return wire.sendSome([UInt8(ascii: "x")]) == 0
                }
                try expectUnaffected(relay)
            }
        }
    }

    @Test func `serves a client that sends its request one byte at a time`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try Wire(to: relay.metricsAddress)
                for byte in "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n".utf8 { try wire.send([byte]) }
                #expect(try wire.receiveAnswer().status == 200)
            }
        }
    }

    @Test func `serves the next client while a hundred sit idle`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let idle = try (1...100).map { _ in try Wire(to: relay.metricsAddress) }
                #expect(try relay.get("/metrics").status == 200)
                try expectUnaffected(relay)
                #expect(try relay.descriptorCount() < 100)
                for wire in idle { wire.close() }
                #expect(try relay.get("/metrics").status == 200)
            }
        }
    }

    @Test func `keeps a relay's clients going while three hundred scrape slowly`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let before = try relay.residentByteCount()
                // More than may connect at once: the longest idle make room, those being answered stay.
                let slow = try (1...300).map { _ in
                    let wire = try Wire(to: relay.metricsAddress, receiveBuffer: 4096)
                    _ = wire.sendSome(Array("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8)[...])
                    return wire
                }
                for _ in 1...20 { try expectUnaffected(relay) }
                #expect(try relay.residentByteCount() < before + 64_000_000)
                for wire in slow { wire.close() }
                try eventually("it serves again") { (try? relay.get("/metrics").status) == 200 }
            }
        }
    }

    @Test(arguments: [
        ("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n", 405),
        ("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n", 400),
        ("POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n", 501),
    ]) func `reads little of a hundred mebibytes that nobody asked for`(head: String, status: Int) throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let before = try relay.residentByteCount()
                let wire = try ask(relay, head)
                #expect(try wire.receiveAnswer().status == status)
                let piece = [UInt8](repeating: 65, count: 1 << 20)
                var sent = 0
                while sent < 100, (try? wire.send(piece)) != nil { sent += 1 }
                #expect(sent < 100)
                #expect(try relay.residentByteCount() < before + 8_000_000)
                try expectUnaffected(relay)
            }
        }
    }

    @Test func `serves whoever asks while three hundred never finish asking`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let before = try relay.descriptorCount()
                let slow = try (1...300).map { _ in try ask(relay, "GET /metrics HTTP/1.1\r\nX: ") }
                for _ in 1...10 {
                    for wire in slow { _ = wire.sendSome([UInt8(ascii: "x")]) }
                    #expect(try relay.get("/metrics").status == 200)
                    try expectUnaffected(relay)
                }
                #expect(try relay.descriptorCount() <= before + 64 + 2)
                for wire in slow { wire.close() }
            }
        }
    }

    @Test func `says as much, and no more, when five hundred are connected`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                func lines() throws -> (series: [Substring], byteCount: Int) {
                    let text = try relay.get("/metrics").text
                    return (
                        text.split(separator: "\n").map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] },
                        text.utf8.count
                    )
                }
                let before = try lines()
                let clients = try (1...500).map { _ in try relay.connect() }
                for client in clients { try client.send("hello\n") }
                for client in clients { _ = try client.receive(exactly: 6) }
                let during = try lines()
                #expect(try relay.scrape().sum("overhear_sessions_active") == 500)
                #expect(before.series == during.series)
                // Numbers have become longer, nothing else: at most as many digits as a number has.
                #expect(during.byteCount < before.byteCount + 20 * during.series.count)
                for client in clients { client.close() }
            }
        }
    }

    @Test func `answers a client that has said all it has to say`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let wire = try ask(relay, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                wire.shutdownWrite()
                let answer = try wire.receiveAnswer()
                #expect(answer.status == 200)
                #expect(answer.body.last == UInt8(ascii: "\n"))
                #expect(try wire.receiveToEnd().bytes.isEmpty)
            }
        }
    }

    @Test func `waits for nobody who does not read its answers`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let before = try relay.residentByteCount()
                let deaf = try Wire(to: relay.metricsAddress, receiveBuffer: 4096)
                let request = Array("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
                for _ in 1...500 { _ = deaf.sendSome(request[...]) }
                for _ in 1...20 { #expect(try relay.get("/metrics").status == 200) }
                try expectUnaffected(relay)
                #expect(try relay.residentByteCount() < before + 16_000_000)
            }
        }
    }
}

/// `overhear healthcheck`, as Docker runs it.
@Suite struct `The health check` {
    private func check(_ address: String) throws -> (status: Int32, output: String, errors: String) {
        try Overhear.run(["healthcheck", "--metrics", address])
    }

    @Test func `is 0 while the relay is ready, and says so`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let outcome = try check(relay.metricsAddress)
                #expect(outcome.status == 0)
                #expect(outcome.output == "ready\n")
                #expect(outcome.errors.isEmpty)
                let environment = ["OVERHEAR_METRICS": relay.metricsAddress]
                #expect(try Overhear.run(["healthcheck"], environment: environment).status == 0)
            }
        }
    }

    @Test func `is 1 with one sentence where nothing runs`() throws {
        try Ear.withNobody { nobody in
            let outcome = try check(nobody)
            #expect(outcome.status == 1)
            #expect(outcome.errors.hasPrefix("overhear: "))
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func `is 1 where somebody listens who does not answer`() throws {
        let ear = try Ear()
        let outcome = try check(ear.address)
        #expect(outcome.status == 1)
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test func `is 1 where somebody else answers`() throws {
        try withServer(saying("220 I am not HTTP\r\n")) { server throws in
            #expect(try check(server).status == 1)
        }
    }

    @Test func `is 1 while the relay drains`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let client = try relay.connect()
                try client.send("hold\n")
                #expect(try client.receiveText(exactly: 5) == "hold\n")
                relay.child.signal(SIGTERM)
                try eventually("it drains") { relay.log.contains { $0.contains(" draining") } }
                let outcome = try check(relay.metricsAddress)
                #expect(outcome.status == 1)
                #expect(outcome.output.contains("draining"))
                client.close()
                #expect(try relay.child.wait() == 0)
            }
        }
    }
}
