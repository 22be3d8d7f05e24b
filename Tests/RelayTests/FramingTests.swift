import AsyncChat
import Testing

@testable import Relay

@Suite struct `A framing` {
    @Test(arguments: [
        "lf", "crlf", "nul", "delimiter:ff", "delimiter:0d0a0d0a", "fixed:1", "fixed:1073741824", "none",
        "delimiter:0d0a/00", "length:u8", "length:varint/at=3", "length:u24le/add=-7", "length:u64be/at=4/add=8",
        "octet",
        "between:0b/1c0d", "auto", "http", "resp", "postgres", "mysql", "smtp", "mqtt",
    ])
    func `is written as it is read`(text: String) throws {
        #expect(try Framing(parsing: text).description == text)
    }

    @Test(arguments: [
        ("delimiter:0a", "lf"), ("delimiter:0D0A", "crlf"), ("delimiter:00", "nul"), ("fixed:007", "fixed:7"),
        ("delimiter:0a/0A", "lf"), ("length:u8/add=0/at=01", "length:u8/at=1"),
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
        ("", "unknown framing ''; known are \(ListedFraming.names)"),
        ("something", "unknown framing 'something'; known are \(ListedFraming.names)"),
        ("LF", "unknown framing 'LF'; did you mean lf? See overhear framings"),
        ("htpp", "unknown framing 'htpp'; did you mean http? See overhear framings"),
        ("redis", "unknown framing 'redis'; did you mean resp? See overhear framings"),
        ("postgresql", "unknown framing 'postgresql'; did you mean postgres? See overhear framings"),
        ("delimeter:00", "unknown framing 'delimeter:00'; did you mean delimiter? See overhear framings"),
        ("lf:1", "framing 'lf' stands alone; write lf instead of 'lf:1'"),
        ("none:", "framing 'none' stands alone; write none instead of 'none:'"),
        ("http:1", "framing 'http' stands alone; write http instead of 'http:1'"),
        ("delimiter", "framing 'delimiter' needs its bytes in hexadecimal, such as delimiter:0d0a0d0a"),
        ("delimiter:0d/", "'' is no delimiter; write 1 to 255 bytes in hexadecimal, such as 0d0a"),
        ("delimiter:0d0a/0d", "the delimiter 0d0a can never be found: 0d ends a message within it"),
        ("length", "framing 'length' needs the form of the length, such as length:u32be/at=1/add=-4"),
        (
            "length:u32",
            "'u32' is no form of a length; known are u8, u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le, varint"
        ),
        ("length:u8/at", "'at' is neither at=BYTES nor add=BYTES, each at most once"),
        ("length:u8/by=1", "'by=1' is neither at=BYTES nor add=BYTES, each at most once"),
        ("length:u8/at=1/at=2", "'at=2' is neither at=BYTES nor add=BYTES, each at most once"),
        ("length:u8/at=-1", "'at=-1' is out of bounds; write 0 to 4096 bytes"),
        ("between:0b", "'0b' is no pair of marks; write START/END, such as between:0b/1c0d"),
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

    @Test func `is listed with an example that works`() throws {
        for listed in ListedFraming.all {
            #expect(try Framing(parsing: listed.example).description == listed.example)
            #expect(listed.example.prefix { $0 != ":" } == listed.name)
        }
    }
}
