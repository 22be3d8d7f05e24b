import AsyncChat
import Testing

@testable import Relay

@Suite struct `A framing` {
    @Test(arguments: ["lf", "crlf", "nul", "delimiter:ff", "delimiter:0d0a0d0a", "fixed:1", "fixed:1073741824", "none"])
    func `is written as it is read`(text: String) throws {
        #expect(try Framing(parsing: text).description == text)
    }

    @Test(arguments: [
        ("delimiter:0a", "lf"), ("delimiter:0D0A", "crlf"), ("delimiter:00", "nul"), ("fixed:007", "fixed:7"),
    ])
    func `has one way to be written`(text: String, canonical: String) throws {
        #expect(try Framing(parsing: text).description == canonical)
    }

    @Test func `names what ends the next message`() throws {
        #expect(try Framing(parsing: "crlf").terminator == .bytes("\r\n"))
        #expect(try Framing(parsing: "fixed:32").terminator == .count(32))
        #expect(try Framing(parsing: "none").terminator == .none)
    }

    @Test(arguments: [
        ("", "unknown framing ''; known are lf, crlf, nul, delimiter:HEX, fixed:BYTES, none"),
        ("LF", "unknown framing 'LF'; known are lf, crlf, nul, delimiter:HEX, fixed:BYTES, none"),
        ("lf:1", "unknown framing 'lf:1'; known are lf, crlf, nul, delimiter:HEX, fixed:BYTES, none"),
        ("none:", "unknown framing 'none:'; known are lf, crlf, nul, delimiter:HEX, fixed:BYTES, none"),
        ("delimiter", "framing 'delimiter' needs its bytes in hexadecimal, such as delimiter:0d0a"),
        ("delimiter:", "'' is no delimiter; write 1 to 16384 bytes in hexadecimal, such as 0d0a"),
        ("delimiter:0d0", "'0d0' is no delimiter; write 1 to 16384 bytes in hexadecimal, such as 0d0a"),
        ("delimiter:0x", "'0x' is no delimiter; write 1 to 16384 bytes in hexadecimal, such as 0d0a"),
        ("delimiter:０ａ", "'０ａ' is no delimiter; write 1 to 16384 bytes in hexadecimal, such as 0d0a"),
        ("fixed", "framing 'fixed' needs a number of bytes, such as fixed:32"),
        ("fixed:", "'' is no message length; write 1 to 1073741824 bytes"),
        ("fixed:0", "'0' is no message length; write 1 to 1073741824 bytes"),
        ("fixed:-1", "'-1' is no message length; write 1 to 1073741824 bytes"),
        ("fixed:+1", "'+1' is no message length; write 1 to 1073741824 bytes"),
        ("fixed:1073741825", "'1073741825' is no message length; write 1 to 1073741824 bytes"),
        ("fixed:99999999999999999999", "'99999999999999999999' is no message length; write 1 to 1073741824 bytes"),
    ])
    func `says in a sentence why a text names none`(text: String, sentence: String) {
        let error = #expect(throws: Framing.Malformed.self) { try Framing(parsing: text) }
        #expect(error?.description == sentence)
    }

    @Test func `takes delimiters up to its bound`() throws {
        let longest = String(repeating: "ab", count: 16384)
        #expect(try Framing(parsing: "delimiter:\(longest)").description == "delimiter:\(longest)")
        #expect(throws: Framing.Malformed.self) { try Framing(parsing: "delimiter:\(longest)ab") }
    }
}
