import Testing
import Traffic

@testable import Relay

@Suite struct `A generic framing` {
    @Test func `finds whichever of several delimiters comes first`() throws {
        try expect(
            "delimiter:0d0a/00/0c",
            hears: [
                client(("a line\r\n", nil, .terminator), ("a\r\0", nil, .terminator), ("\u{0c}", nil, .terminator)),
                server(("\n\r\r\n", nil, .terminator), ("rest\r", nil, .endOfStream)),
            ]
        )
    }

    @Test func `finds delimiters that overlap themselves and each other`() throws {
        // abab and bb: the shorter match that a mismatch falls back to is not forgotten.
        try expect(
            "delimiter:61626162/626263",
            hears: [
                client(("xabab", nil, .terminator), ("abbbc", nil, .terminator)),
                server(("aabab", nil, .terminator), ("abbb", nil, .endOfStream)),
            ]
        )
    }

    @Test func `reads a length of every form`() throws {
        for (form, prefix) in [
            ("u8", [3]), ("u16be", [0, 3]), ("u16le", [3, 0]), ("u24be", [0, 0, 3]), ("u24le", [3, 0, 0]),
            ("u32be", [0, 0, 0, 3]), ("u32le", [3, 0, 0, 0]), ("u64be", [0, 0, 0, 0, 0, 0, 0, 3]),
            ("u64le", [3, 0, 0, 0, 0, 0, 0, 0]), ("varint", [3]), ("varint", [0x83, 0x80, 0]),
        ] as [(String, [UInt8])] {
            let message = prefix + Array("abc".utf8)
            try expect(
                "length:\(form)",
                hears: [client([(message, nil, .length), (message, nil, .length), ([prefix[0]], nil, .endOfStream)])]
            )
        }
    }

    @Test func `reads a length behind other bytes, and what it leaves out`() throws {
        try expect(
            "length:u16be/at=2/add=4",
            hears: [client([([1, 2, 0, 1, 5, 6, 7, 8, 9], nil, .length), ([1, 2, 0, 0, 5, 6, 7, 8], nil, .length)])]
        )
        try expect(
            "length:u32be/at=1/add=-4",
            hears: [server([([81, 0, 0, 0, 4], nil, .length), ([81, 0, 0, 0, 5, 1], nil, .length)])]
        )
        try expect(
            "length:varint/at=1/add=1",
            hears: [server([([1, 0x80, 1] + [UInt8](repeating: 7, count: 129), nil, .length)])]
        )
    }

    @Test func `ends a message of no content with its length`() throws {
        try expect("length:u8", hears: [client([([0], nil, .length), ([0], nil, .length), ([1, 9], nil, .length)])])
    }

    @Test(
        arguments: [
            ("length:u64be", [255, 255, 255, 255, 255, 255, 255, 255], "a message has 18446744073709551615 bytes"),
            ("length:u32be/add=-5", [0, 0, 0, 4], "a message has -1 bytes"),
            ("length:varint", [255, 255, 255, 255, 255, 255, 255, 255, 255, 1], "a varint has more than 63 bits"),
            ("octet", [0x30], "a length begins with 0"),
            ("octet", [0x20], "a length is no number followed by a space"),
            ("octet", [0x39, 0x3C], "a length is no number followed by a space"),
        ] as [(String, [UInt8], String)]
    )
    func `takes the rest as chunks where a length cannot be`(framing: String, bytes: [UInt8], why: String) throws {
        try expect(framing, hears: [server([(bytes + [1, 2, 3], nil, .chunk)])], losing: [why])
    }

    @Test func `counts octets as syslog over TCP does`() throws {
        try expect(
            "octet",
            hears: [
                client(("11 <1>1 - - - ", nil, .length), ("1 x", nil, .length), ("5 abc", nil, .endOfStream)),
                server(("10 0123456789", nil, .length)),
            ]
        )
    }

    @Test func `finds messages between two marks`() throws {
        try expect(
            "between:0b/1c0d",
            hears: [
                client(
                    ("\u{0b}MSH|\r\u{1c}|\r\u{1c}\r", nil, .terminator),
                    ("stray\u{0b}\u{0b}\u{1c}\u{1c}\r", nil, .terminator),
                    ("\u{1c}\r", nil, .endOfStream)
                )
            ]
        )
    }
}
