import Foundation
import Testing
import Traffic

@testable import Metrics

@Suite struct `The status page` {
    private func status(_ scene: HTTPScene) throws -> [String: Any] {
        let answer = try scene.exchange("GET /status.json HTTP/1.0\r\n\r\n")
        let body = try #require(answer.split(separator: "\r\n\r\n", maxSplits: 1).last)
        return try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    }

    private func window(_ board: StatusBoard, showsMessages: Bool = true) -> StatusWindow {
        StatusWindow(board: board, loop: 0, showsMessages: showsMessages) { _ in
            LiveSessions(busiest: [live(session: 1, client: "1.2.3.4:5")], count: 1)
        }
    }

    @Test func `is fed with what the counters and the loops say, as JSON`() throws {
        let scene = try HTTPScene()
        let window = window(scene.board)
        #expect((try status(scene)["sessions"] as? [Any])?.isEmpty == true)
        window.turned(at: 1_000_000_000)
        window.message(
            header(byteCount: 40, direction: .upstream),
            kind: nil,
            payload: Array("a<b>\"\\\n\u{0}\u{e9}".utf8).span.bytes
        )
        window.turned(at: 2_000_000_000)
        let status = try status(scene)
        #expect(status["version"] as? Int == 1)
        #expect(status["ready"] as? Bool == true)
        let session = try #require((status["sessions"] as? [[String: Any]])?.first)
        #expect(session["client"] as? String == "1.2.3.4:5")
        let message = try #require((status["messages"] as? [[String: Any]])?.first)
        #expect(message["preview"] as? String == #"a<b>"\\\n\x00\xc3\xa9"#)
        #expect(message["byte_count"] as? Int == 40)
    }

    @Test func `is documented field by field`() throws {
        let scene = try HTTPScene()
        let window = window(scene.board)
        _ = scene.board.look()
        window.turned(at: 1_000_000_000)
        window.message(header(byteCount: 1, direction: .upstream), kind: nil, payload: [65].span.bytes)
        window.turned(at: 2_000_000_000)
        let text = try String(contentsOf: checkout.appending(path: "docs/METRICS.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "### `/status.json`").last)
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let documented = rows.flatMap { row in
            row.split(separator: "|")[0].matches(of: /`([^`]+)`/).map { String($0.1) }
        }
        let served = fields(of: try status(scene), named: "")
        #expect(Set(documented.filter { !$0.hasSuffix("[]") }) == served)
    }

    /// The names of all that an object holds: `routes[].name`; a pair of numbers is one.
    private func fields(of value: Any, named name: String) -> Set<String> {
        switch value {
        case let object as [String: Any]:
            let prefix = name.isEmpty ? "" : name + "."
            return object.reduce(into: []) { $0.formUnion(fields(of: $1.value, named: prefix + $1.key)) }
        case let list as [[String: Any]]:
            return list.reduce(into: []) { $0.formUnion(fields(of: $1, named: name + "[]")) }
        default:
            return [name]
        }
    }

    @Test func `asks for the sessions only while somebody looks`() {
        let board = StatusBoard(loops: 1)
        var askedCount = 0
        let window = StatusWindow(board: board, loop: 0, showsMessages: true) { _ in
            askedCount += 1
            return LiveSessions()
        }
        for second in 1...3 { window.turned(at: Int64(second) * 1_000_000_000) }
        #expect(askedCount == 0)
        _ = board.look()
        window.turned(at: 4_000_000_000)
        #expect(askedCount == 1)
    }

    @Test func `takes no messages while nobody looks, and never unless it may`() throws {
        for showsMessages in [true, false] {
            let board = StatusBoard(loops: 1)
            let window = window(board, showsMessages: showsMessages)
            func say() {
                window.message(header(byteCount: 1, direction: .upstream), kind: nil, payload: [65].span.bytes)
            }
            for second in 1...3 {
                window.turned(at: Int64(second) * 1_000_000_000)
                say()
            }
            #expect(board.slots[0].latest.messages.isEmpty)
            _ = board.look()
            window.turned(at: 4_000_000_000)
            say()
            window.turned(at: 5_000_000_000)
            #expect(board.slots[0].latest.messages.isEmpty != showsMessages)
        }
    }

    @Test func `shows so many sessions and messages and no more`() throws {
        let board = StatusBoard(loops: 1)
        let window = StatusWindow(board: board, loop: 0, showsMessages: true) { limit in
            LiveSessions(busiest: (1...limit).map { live(session: $0, client: "x") }, count: 9000)
        }
        _ = board.look()
        window.turned(at: 1_000_000_000)
        let long = [UInt8](repeating: 66, count: 5000)
        for _ in 0..<1000 {
            window.message(header(byteCount: 5000, direction: .upstream), kind: nil, payload: long.span.bytes)
        }
        window.turned(at: 2_000_000_000)
        let view = board.slots[0].latest
        #expect(view.sessions.count == 9000)
        #expect(view.sessions.busiest.count == StatusWindow.sessionLimit)
        #expect(view.messages.count == StatusWindow.messageLimit)
        #expect(view.messages.allSatisfy { $0.beginning.count == StatusWindow.previewByteCount })
    }

    @Test(arguments: [
        ("127.0.0.1:9746", true), ("localhost", true), ("LocalHost:9746", true), ("[::1]:9746", true),
        ("10.1.2.3", true),
        ("evil.example", false), ("evil.example:9746", false), ("127.0.0.1.evil.example", false), ("", false),
        ("256.0.0.1", false), ("localhost:x", false), ("[::1", false), ("[::1]evil", false), ("1.2.3", false),
    ]) func `answers only under an address, or as localhost`(host: String, isTrusted: Bool) throws {
        #expect(HostField.isTrusted(host) == isTrusted)
    }

    @Test func `is refused under a name that could be somebody else's, while metrics are served`() throws {
        for path in ["/", "/status.json"] {
            let answer = try HTTPScene().exchange("GET \(path) HTTP/1.0\r\nHost: evil.example\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 421 "))
        }
        let metrics = try HTTPScene().exchange("GET /metrics HTTP/1.0\r\nHost: overhear:9746\r\n\r\n")
        #expect(metrics.hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `runs nothing but its own script, which no two answers name alike`() throws {
        let pages = try (1...2).map { _ in try HTTPScene().exchange("GET / HTTP/1.0\r\n\r\n") }
        let nonces = try pages.map { page in
            let nonce = try #require(page.firstMatch(of: /script-src 'nonce-([a-z0-9]+)'/)).1
            #expect(page.contains("<script nonce=\"\(nonce)\">"))
            #expect(page.contains("<style nonce=\"\(nonce)\">"))
            return nonce
        }
        #expect(nonces[0] != nonces[1])
        for forbidden in ["innerHTML", "insertAdjacent", "document.write", "eval(", "style=\"", " onclick=\""] {
            #expect(!pages[0].contains(forbidden), "\(forbidden)")
        }
    }
}
