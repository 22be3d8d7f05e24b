import FuzzCases
import Testing
import Traffic

@testable import Relay

@Suite struct `The framing auto` {
    private typealias Said = (Direction, String)

    @Test func `recognises who speaks text`() throws {
        try check([(.upstream, "*1\r\n$4\r\nPING\r\n"), (.downstream, "+PONG\r\n")], "resp", 2)
        try check([(.upstream, "GET / HTTP/1.1\r\n\r\n")], "http", 1)
        try check([(.downstream, "220-x\r\n220 y\r\n"), (.upstream, "EHLO me\r\n")], "smtp", 2)
    }

    @Test func `takes what it does not recognise as chunks`() throws {
        try check([(.downstream, "220 ftp\r\n"), (.upstream, "USER me\r\n")], "none", nil)
        try check([(.upstream, "hello\n")], "none", nil)
        try check([(.upstream, "GET it\n")], "none", nil)
        try check([(.downstream, "+OK pop\r\n")], "none", nil)
        try check([(.upstream, "*1\r\n+x\r\n")], "none", nil)
        try check([(.upstream, "\u{16}\u{3}\u{1}")], "none", nil)
    }

    @Test(
        arguments: [
            (Direction.upstream, [0, 0, 0, 8, 4, 210, 22, 47], "postgres"),
            (.upstream, [0, 0, 0, 10, 0, 3, 0, 0, 0, 0], "postgres"),
            (.upstream, [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 0], "mqtt"),
            (.downstream, [11, 0, 0, 0, 10, 56, 46, 48, 0, 1, 0, 0, 0, 1, 1], "mysql"),
        ] as [(Direction, [UInt8], String)]
    )
    func `recognises who speaks in bytes`(direction: Direction, bytes: [UInt8], framing: String) throws {
        try check([(direction, bytes)], framing, 1)
    }

    private func check(_ dialogue: [Said], _ framing: String, _ count: Int?) throws {
        try check(dialogue.map { ($0.0, Array($0.1.utf8)) }, framing, count)
    }

    private func check(_ dialogue: [(Direction, [UInt8])], _ framing: String, _ count: Int?) throws {
        for cut in Array(1...9) + [.max] {
            let hearsay = try Hearsay("auto")
            hearsay.hear(dialogue, cut: cut)
            #expect(hearsay.recognised?.description == framing, "cut \(cut)")
            if let count { #expect(hearsay.messages.count == count, "cut \(cut)") }
            hearsay.end()
            for direction in Direction.allCases {
                let said = dialogue.filter { $0.0 == direction }.flatMap(\.1)
                #expect(hearsay.messages.filter { $0.direction == direction }.flatMap(\.bytes) == said)
            }
        }
    }

    @Test func `gives up on what says nothing for long, and on what ends`() throws {
        let hearsay = try Hearsay("auto")
        hearsay.hear([UInt8](repeating: 65, count: 20), .upstream)
        #expect(hearsay.recognised == nil)
        hearsay.end()
        #expect(hearsay.recognised == Framing.none)
        let long = try Hearsay("auto")
        long.hear(Array("GET ".utf8) + [UInt8](repeating: 65, count: 3000), .upstream, cut: 100)
        #expect(long.recognised == Framing.none)
    }
}
