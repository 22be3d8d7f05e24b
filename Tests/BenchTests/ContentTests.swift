import Testing

@testable import overhear_bench

@Suite struct `A load's message` {
    @Test(arguments: Load.catalogue) func `has the length it is to have, and LF only where it may end`(load: Load) {
        let message = load.message
        #expect(message.count == load.messageByteCount)
        #expect(message.last == 0x0A)
        if load.content.framing == "lf" { #expect(message.dropLast().allSatisfy { $0 != 0x0A }) }
    }

    @Test func `is a command to Redis`() {
        let text = String(decoding: Content.resp.message(64), as: UTF8.self)
        let value = String(repeating: "!", count: 0) + (0..<30).map { String(UnicodeScalar(UInt8(0x21 + $0))) }.joined()
        #expect(text == "*3\r\n$3\r\nSET\r\n$8\r\nkey:0042\r\n$30\r\n\(value)\r\n")
    }

    @Test func `is a message to PostgreSQL, whose length counts itself`() {
        #expect(Content.postgres.message(64).prefix(5) == [UInt8(ascii: "d"), 0, 0, 0, 63])
    }
}
