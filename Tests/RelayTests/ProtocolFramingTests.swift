import FuzzCases
import Testing
import Traffic

@testable import Relay

/// Conversations written from the specifications, each heard the same at every cut.
@Suite struct `A named protocol` {
    @Test func `resp: commands, replies and their kinds`() throws {
        try expect(
            "resp",
            hears: [
                client(
                    ("*3\r\n$3\r\nset\r\n$1\r\nk\r\n$7\r\na\r\nb\r\nc\r\n", "SET", .length),
                    ("*1\r\n$4\r\nPING\r\n", "PING", .length),
                    ("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "GET", .length),
                    ("ping\r\n", "PING", .terminator),
                    ("\r\n", nil, .terminator)
                ),
                server(
                    ("+OK\r\n", "+OK", .terminator),
                    ("-ERR unknown command\r\n", "-ERR", .terminator),
                    (":1000\r\n", "integer", .terminator),
                    ("$-1\r\n", "null", .terminator),
                    ("*-1\r\n", "null", .terminator),
                    ("$5\r\nhello\r\n", "bulk", .length),
                    ("$0\r\n\r\n", "bulk", .length),
                    ("*0\r\n", "array", .terminator),
                    ("*3\r\n*2\r\n:1\r\n$1\r\na\r\n*0\r\n+x\r\n", "array", .terminator)
                ),
            ]
        )
    }

    @Test func `resp: version 3, with attributes, pushes and streams`() throws {
        try expect(
            "resp",
            hears: [
                server(
                    ("_\r\n", "null", .terminator),
                    ("#t\r\n", "boolean", .terminator),
                    (",1.5e3\r\n", "double", .terminator),
                    ("(3492890328409238509324850943850943825024385\r\n", "big number", .terminator),
                    ("=8\r\ntxt:some\r\n", "verbatim", .length),
                    ("!5\r\nERR x\r\n", "-error", .length),
                    ("%2\r\n+a\r\n:1\r\n+b\r\n%1\r\n+c\r\n_\r\n", "map", .terminator),
                    ("~2\r\n+a\r\n+b\r\n", "set", .terminator),
                    (">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "push message", .length),
                    ("|1\r\n+ttl\r\n:3600\r\n*2\r\n:1\r\n:2\r\n", "array", .terminator),
                    ("$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", "bulk", .terminator),
                    ("|1\r\n$?\r\n;1\r\na\r\n;0\r\n:1\r\n~?\r\n$?\r\n;0\r\n.\r\n", "set", .terminator),
                    ("*?\r\n:1\r\n%?\r\n+a\r\n:2\r\n.\r\n:3\r\n.\r\n", "array", .terminator),
                    ("+next\r\n", "+next", .terminator)
                )
            ]
        )
    }

    @Test(arguments: [
        ("$-2\r\n", "a bulk string has no length that can be"),
        ("$99999999999\r\n", "a bulk string has no length that can be"),
        ("*x\r\n", "an aggregate has no number of elements that can be"), ("?\r\n", "there is no type '?'"),
        ("$3\r\nabcde", "a bulk string has another length than it says"), (".\r\n", "a stream ends that never began"),
        (";2\r\n", "there is no type ';'"), ("$?\r\n:1\r\n", "a piece of a string has no length that can be"),
    ])
    func `resp: is lost where something cannot be`(text: String, why: String) throws {
        try expect("resp", hears: [server((text + "+OK\r\n", nil, .chunk))], losing: [why])
    }

    @Test func `http: bodies by length, in chunks, and none`() throws {
        try expect(
            "http",
            hears: [
                client(
                    ("GET /path?secret=1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /path", .terminator),
                    ("POST /p HTTP/1.1\r\ncontent-length:  11 \r\n\r\nhello\r\n\r\nxy", "POST /p", .length),
                    ("\r\nHEAD / HTTP/1.1\r\n\r\n", "HEAD /", .terminator),
                    (
                        "PUT /c HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 3\r\n\r\n"
                            + "4;name=value\r\nWiki\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "PUT /c",
                        .terminator
                    ),
                    ("OPTIONS * HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "OPTIONS *", .terminator),
                    ("GET /blanks HTTP/1.1 \t\r\n\r\n", "GET /blanks", .terminator),
                    (
                        "PUT /e HTTP/1.1\r\nTransfer-Encoding: chunked,\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
                        "PUT /e", .terminator
                    )
                ),
                server(
                    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200", .length),
                    ("HTTP/1.1 100 Continue\r\n\r\n", "100", .terminator),
                    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", "304", .terminator),
                    ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "200", .terminator),
                    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "200", .terminator),
                    ("HTTP/1.0 500 Oh\nServer: bare line feeds\n\nto the end\r\n\r\n", "500", .endOfStream)
                ),
            ]
        )
    }

    @Test func `http: after an upgrade both directions are chunks`() throws {
        try expect(
            "http",
            hears: [
                client(("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "GET /chat", .terminator)),
                server(("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101", .terminator), ("\u{1}\u{2}", nil, .chunk)),
                client(("GET / HTTP/1.1\r\n\r\n", nil, .chunk)),
            ]
        )
    }

    @Test func `http: a tunnel begins where CONNECT is accepted, and not where it is refused`() throws {
        let connect = ("CONNECT a:443 HTTP/1.1\r\n\r\n", "CONNECT a:443", Ending.terminator)
        try expect(
            "http",
            hears: [
                client(connect), server(("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", "407", .length)),
                client(connect), server(("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "200", .terminator)),
                client(("\u{16}\u{3}", nil, .chunk)), server(("\u{16}\u{3}", nil, .chunk)),
            ]
        )
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nContent-Length: -1\r\n", "a Content-Length is no number that can be"),
        ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "there are two Content-Lengths"),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "a chunk has no size that can be"),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcd", "a chunk has another length than it says"),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "a request's transfer coding does not say where it ends"),
        ("\u{16}\u{3}\u{1}\n", "a request has no method"), ("GET /\r\n", "a request names no version of HTTP/1"),
    ])
    func `http: is lost where something cannot be`(text: String, why: String) throws {
        try expect("http", hears: [client((text + "GET / HTTP/1.1\r\n\r\n", nil, .chunk))], losing: [why])
    }

    @Test func `postgres: startup, authentication, a query and copying`() throws {
        try expect(
            "postgres",
            hears: [
                client([([0, 0, 0, 8, 4, 210, 22, 47], "SSLRequest", .length)]),
                server([([78], "SSLResponse N", .length)]),
                client([([0, 0, 0, 8, 4, 210, 22, 48], "GSSENCRequest", .length)]),
                server([([78], "GSSENCResponse N", .length)]),
                client([([0, 0, 0, 16, 0, 3, 0, 0, 117, 0, 97, 0, 0, 0, 0, 0], "StartupMessage", .length)]),
                server([([82, 0, 0, 0, 10, 0, 0, 0, 10, 83, 0], "AuthenticationSASL", .length)]),
                client([([112, 0, 0, 0, 6, 1, 2], "SASLInitialResponse", .length)]),
                server([([82, 0, 0, 0, 8, 0, 0, 0, 11], "AuthenticationSASLContinue", .length)]),
                client([([112, 0, 0, 0, 4], "SASLResponse", .length)]),
                server([
                    ([82, 0, 0, 0, 8, 0, 0, 0, 12], "AuthenticationSASLFinal", .length),
                    ([82, 0, 0, 0, 8, 0, 0, 0, 0], "AuthenticationOk", .length),
                    ([83, 0, 0, 0, 8, 97, 0, 98, 0], "ParameterStatus", .length),
                    ([75, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2], "BackendKeyData", .length),
                    ([90, 0, 0, 0, 5, 73], "ReadyForQuery", .length),
                ]),
                client([
                    ([81, 0, 0, 0, 6, 49, 0], "Query", .length), ([80, 0, 0, 0, 5, 0], "Parse", .length),
                    ([66, 0, 0, 0, 5, 0], "Bind", .length), ([69, 0, 0, 0, 5, 0], "Execute", .length),
                    ([83, 0, 0, 0, 4], "Sync", .length),
                ]),
                server([
                    ([84, 0, 0, 0, 6, 0, 0], "RowDescription", .length), ([68, 0, 0, 0, 6, 0, 0], "DataRow", .length),
                    ([67, 0, 0, 0, 5, 0], "CommandComplete", .length), ([49, 0, 0, 0, 4], "ParseComplete", .length),
                    ([71, 0, 0, 0, 7, 0, 0, 0], "CopyInResponse", .length),
                ]),
                client([
                    ([100, 0, 0, 0, 7, 1, 2, 3], "CopyData", .length), ([99, 0, 0, 0, 4], "CopyDone", .length),
                    ([88, 0, 0, 0, 4], "Terminate", .length),
                ]),
                server([([69, 0, 0, 0, 6, 83], "ErrorResponse", .endOfStream)]),
            ]
        )
    }

    @Test func `postgres: is encrypted once the server says so`() throws {
        try expect(
            "postgres",
            hears: [
                client([([0, 0, 0, 8, 4, 210, 22, 47], "SSLRequest", .length)]),
                server([([83], "SSLResponse S", .length)]),
                client([([22, 3, 1, 0, 9, 9, 9], nil, .chunk)]), server([([22, 3, 3], nil, .chunk)]),
            ]
        )
        try expect(
            "postgres",
            hears: [client([([22, 3, 1, 0, 9, 9, 9, 9], "TLS", .length), ([1, 2], nil, .chunk)])]
        )
    }

    @Test func `postgres: a cancellation is a session of its own, and an old server answers with an error`() throws {
        try expect(
            "postgres",
            hears: [
                client([([0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2], "CancelRequest", .length)])
            ]
        )
        try expect(
            "postgres",
            hears: [
                client([([0, 0, 0, 8, 4, 210, 22, 47], "SSLRequest", .length)]),
                server([([69, 0, 0, 0, 6, 83, 0], "ErrorResponse", .length)]),
            ]
        )
    }

    @Test(
        arguments: [
            ([0, 0, 0, 7, 0, 3, 0, 0], "a startup packet has 7 bytes"),
            ([0, 0, 0, 8, 0, 2, 0, 0], "there is no protocol version 2.0"),
            ([0, 0, 0, 8, 0, 3, 0, 0, 81, 0, 0, 0, 3], "a message has 3 bytes"),
            ([0, 0, 0, 8, 0, 3, 0, 0, 33, 0, 0, 0, 4], "there is no message of type '!'"),
        ] as [([UInt8], String)]
    )
    func `postgres: is lost where something cannot be`(bytes: [UInt8], why: String) throws {
        let startup = Array(bytes.prefix(bytes.count > 8 ? 8 : 0))
        let rest = Array(bytes.dropFirst(startup.count)) + [1, 2, 3]
        let began: [([UInt8], String?, Ending)] = startup.isEmpty ? [] : [(startup, "StartupMessage", .length)]
        try expect("postgres", hears: [client(began + [(rest, nil, .chunk)])], losing: [why])
    }

    @Test func `smtp: commands, replies and the content, with pipelining`() throws {
        try expect(
            "smtp",
            hears: [
                server(("220-mail\r\n220 ready\r\n", "220", .terminator)),
                client(("ehlo a\r\n", "EHLO", .terminator)),
                server(("250-mail\r\n250-PIPELINING\r\n250 CHUNKING\r\n", "250", .terminator)),
                client(("AUTH LOGIN\r\n", "AUTH", .terminator)), server(("334 VXNlcg==\r\n", "334", .terminator)),
                client(("QUIT\r\n", "AUTH", .terminator)), server(("235 ok\r\n", "235", .terminator)),
                client(
                    ("MAIL FROM:<a@b>\r\n", "MAIL", .terminator),
                    ("RCPT TO:<c@d>\r\n", "RCPT", .terminator),
                    ("DATA\r\n", "DATA", .terminator)
                ),
                server(
                    ("250 ok\r\n", "250", .terminator),
                    ("250 ok\r\n", "250", .terminator),
                    ("354 go\r\n", "354", .terminator)
                ),
                client(
                    ("Subject: x\r\n\r\n..\r\n.\n.\r.\r\nQUIT\r\n.\r\n", "content", .terminator),
                    ("RSET\r\n", "RSET", .terminator),
                    ("BDAT 7\r\nQUIT\r\n\n", "BDAT", .length),
                    ("BDAT 0 LAST\r\n", "BDAT", .terminator),
                    ("DATA\r\n", "DATA", .terminator)
                ),
                server(("354 go\r\n", "354", .terminator)),
                client((".\r\n", "content", .terminator), ("QUIT\r\n", "QUIT", .terminator)),
                server(("221 bye\r\n", "221", .terminator)),
            ]
        )
    }

    @Test func `smtp: is encrypted after the answer to STARTTLS`() throws {
        try expect(
            "smtp",
            hears: [
                server(("220 ready\r\n", "220", .terminator)), client(("STARTTLS\r\n", "STARTTLS", .terminator)),
                server(("454 not now\r\n", "454", .terminator)), client(("STARTTLS\r\n", "STARTTLS", .terminator)),
                server(("220 go\r\n", "220", .terminator)), client(("\u{16}\u{3}", nil, .chunk)),
                server(("\u{16}\u{3}", nil, .chunk)),
            ]
        )
    }

    @Test func `smtp: a greeting is no answer to a STARTTLS said before it`() throws {
        try expect(
            "smtp",
            hears: [
                client(("EHLO a\r\n", "EHLO", .terminator), ("STARTTLS\r\n", "STARTTLS", .terminator)),
                server(("220 ready\r\n", "220", .terminator), ("250 a\r\n", "250", .terminator)),
                client(("NOOP\r\n", "NOOP", .terminator)),
            ]
        )
    }

    @Test(arguments: [
        (Direction.downstream, "hello\r\n", "a reply does not begin with three digits"),
        (.upstream, "BDAT x\r\n", "a BDAT has no length that can be"),
    ])
    func `smtp: is lost where something cannot be`(direction: Direction, text: String, why: String) throws {
        let line = direction == .upstream ? client((text, nil, .chunk)) : server((text, nil, .chunk))
        try expect("smtp", hears: [line], losing: [why])
    }

    @Test func `mqtt: packets of both directions`() throws {
        let connect: [UInt8] = [0x10, 12, 0, 4, 77, 81, 84, 84, 5, 2, 0, 60, 0, 0]
        let long: [UInt8] = [0x30, 0x83, 0x80, 0x01] + [0, 3, 97, 47, 98] + [UInt8](repeating: 7, count: 16382)
        try expect(
            "mqtt",
            hears: [
                client([(connect, "CONNECT", .length)]), server([([0x20, 3, 0, 0, 0], "CONNACK", .length)]),
                client([
                    ([0x82, 6, 0, 1, 0, 1, 97, 0], "SUBSCRIBE", .length),
                    ([0x3D, 5, 0, 1, 97, 0, 1], "PUBLISH a", .length),
                    (long, "PUBLISH a/b", .length), ([0x62, 2, 0, 1], "PUBREL", .length),
                    ([0xC0, 0], "PINGREQ", .length),
                    // The topic is an alias.
                    ([0x30, 7, 0, 0, 3, 35, 0, 1, 9], "PUBLISH", .length),
                    ([0xF0, 0], "AUTH", .length), ([0xE0, 0], "DISCONNECT", .length),
                ]),
                server([([0xD0, 0], "PINGRESP", .length), ([0x30, 9, 0], "PUBLISH", .endOfStream)]),
            ]
        )
    }

    @Test(
        arguments: [
            ([0, 0], "there is no packet that begins so"), ([0x80, 0], "there is no packet that begins so"),
            ([0x36, 0], "there is no packet that begins so"),
            ([0x10, 255, 255, 255, 255], "a length has more than four bytes"),
        ] as [([UInt8], String)]
    )
    func `mqtt: is lost where something cannot be`(bytes: [UInt8], why: String) throws {
        try expect("mqtt", hears: [client([(bytes + [1], nil, .chunk)])], losing: [why])
    }

    private static func greeting(capabilities: (UInt8, UInt8, UInt8, UInt8)) -> [UInt8] {
        let (a, b, c, d) = capabilities
        let payload: [UInt8] =
            [10] + Array("8.0.1".utf8) + [0, 1, 0, 0, 0] + [UInt8](repeating: 1, count: 8) + [0, a, b, 33, 2, 0, c, d]
        return [UInt8(payload.count), 0, 0, 0] + payload
    }

    @Test func `mysql: handshake, commands and tables`() throws {
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFF, 0xFF, 0xFF, 0xFF)), "Handshake", .length)]),
                client([([6, 0, 0, 1, 0, 0, 0, 0, 0, 0], "HandshakeResponse", .length)]),
                server([([2, 0, 0, 2, 0xFE, 65], "AuthSwitchRequest", .length)]),
                client([([2, 0, 0, 3, 1, 2], "AuthResponse", .length)]),
                server([([2, 0, 0, 4, 1, 3], "AuthMoreData", .length), ([3, 0, 0, 5, 0, 0, 0], "OK", .length)]),
                client([([3, 0, 0, 0, 3, 83, 69], "Query", .length)]),
                server([
                    ([1, 0, 0, 1, 2], "ResultSet", .length), ([2, 0, 0, 2, 3, 100], "ColumnDefinition", .length),
                    ([2, 0, 0, 3, 0xFE, 100], "ColumnDefinition", .length),
                    ([5, 0, 0, 4, 0xFE, 0, 0, 2, 0], "EOF", .length),
                    ([2, 0, 0, 5, 1, 65], "Row", .length), ([2, 0, 0, 6, 0, 65], "Row", .length),
                    ([5, 0, 0, 7, 0xFE, 0, 0, 2, 0], "EOF", .length),
                ]),
                client([([2, 0, 0, 0, 22, 83], "StmtPrepare", .length)]),
                server([([3, 0, 0, 1, 0, 1, 0], "PrepareOK", .length)]),
                client([([1, 0, 0, 0, 14], "Ping", .length)]), server([([3, 0, 0, 1, 0, 0, 0], "OK", .length)]),
                client([([2, 0, 0, 0, 3, 76], "Query", .length)]),
                server([([2, 0, 0, 1, 0xFB, 47], "LocalInfile", .length)]),
                client([([2, 0, 0, 2, 1, 2], "InfileData", .length), ([0, 0, 0, 3], "InfileData", .length)]),
                server([([3, 0, 0, 4, 0xFF, 1, 2], "ERR", .length)]), client([([1, 0, 0, 0, 1], "Quit", .length)]),
            ]
        )
    }

    /// MARIADB_CLIENT_CACHE_METADATA: who prepared a statement knows its columns, and need not be told again.
    @Test func `mysql: MariaDB may leave a table's columns out`() throws {
        let response: [UInt8] = [0, 2, 0, 0] + [UInt8](repeating: 0, count: 24) + [0x10, 0, 0, 0]
        let eof: [UInt8] = [5, 0, 0, 3, 0xFE, 0, 0, 2, 0]
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFE, 0xFF, 0xFF, 0xFF)), "Handshake", .length)]),
                client([([32, 0, 0, 1] + response, "HandshakeResponse", .length)]),
                server([([3, 0, 0, 2, 0, 0, 0], "OK", .length)]),
                client([([2, 0, 0, 0, 23, 1], "StmtExecute", .length)]),
                server([
                    ([2, 0, 0, 1, 1, 1], "ResultSet", .length), ([2, 0, 0, 2, 3, 100], "ColumnDefinition", .length),
                    (eof, "EOF", .length), ([2, 0, 0, 4, 0, 65], "Row", .length), (eof, "EOF", .length),
                ]),
                client([([2, 0, 0, 0, 23, 1], "StmtExecute", .length)]),
                server([
                    ([2, 0, 0, 1, 1, 0], "ResultSet", .length), (eof, "EOF", .length),
                    ([2, 0, 0, 4, 0, 65], "Row", .length), (eof, "EOF", .length),
                ]),
                client([([1, 0, 0, 0, 14], "Ping", .length)]), server([([3, 0, 0, 1, 0, 0, 0], "OK", .length)]),
            ]
        )
    }

    @Test func `mysql: commands may be sent before the ones before them are answered`() throws {
        let eof: [UInt8] = [5, 0, 0, 4, 0xFE, 0, 0, 2, 0]
        let ok: [UInt8] = [7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFF, 0xFF, 0, 0)), "Handshake", .length)]),
                client([([4, 0, 0, 1, 0, 0, 0, 0], "HandshakeResponse", .length)]),
                server([([3, 0, 0, 2, 0, 0, 0], "OK", .length)]),
                client([
                    ([2, 0, 0, 0, 22, 83], "StmtPrepare", .length), ([2, 0, 0, 0, 23, 1], "StmtExecute", .length),
                    ([2, 0, 0, 0, 25, 1], "StmtClose", .length), ([1, 0, 0, 0, 9], "Statistics", .length),
                    ([2, 0, 0, 0, 0xFA, 1], "StmtBulkExecute", .length), ([2, 0, 0, 0, 3, 65], "Query", .length),
                ]),
                server([
                    ([3, 0, 0, 1, 0, 1, 0], "PrepareOK", .length), ([2, 0, 0, 2, 3, 100], "ColumnDefinition", .length),
                    ([5, 0, 0, 3, 0xFE, 0, 0, 2, 0], "EOF", .length),
                    ([1, 0, 0, 1, 1], "ResultSet", .length), ([2, 0, 0, 2, 3, 100], "ColumnDefinition", .length),
                    ([5, 0, 0, 3, 0xFE, 0, 0, 2, 0], "EOF", .length), ([2, 0, 0, 4, 0, 65], "Row", .length),
                    (eof, "EOF", .length), ([3, 0, 0, 1, 85, 112, 58], "Statistics", .length),
                    ([4, 0, 0, 1, 0xFF, 0xFF, 0xFF, 1], "Progress", .length), (ok, "OK", .length),
                    ([3, 0, 0, 1, 0xFF, 1, 2], "ERR", .length),
                ]),
            ]
        )
    }

    @Test func `mysql: rows may be left to be fetched, and columns be left out`() throws {
        let eof: [UInt8] = [5, 0, 0, 3, 0xFE, 0, 0, 2, 0]
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFF, 0xFF, 0xFF, 0xFF)), "Handshake", .length)]),
                // CLIENT_OPTIONAL_RESULTSET_METADATA.
                client([([4, 0, 0, 1, 1, 0, 0, 2], "HandshakeResponse", .length)]),
                server([([3, 0, 0, 2, 0, 0, 0], "OK", .length)]),
                client([([2, 0, 0, 0, 23, 1], "StmtExecute", .length)]),
                server([
                    ([2, 0, 0, 1, 1, 1], "ResultSet", .length), ([2, 0, 0, 2, 3, 100], "ColumnDefinition", .length),
                    ([5, 0, 0, 3, 0xFE, 0, 0, 0x42, 0], "EOF", .length),
                ]),
                client([([2, 0, 0, 0, 28, 1], "StmtFetch", .length)]),
                server([
                    ([2, 0, 0, 1, 0, 65], "Row", .length), ([2, 0, 0, 2, 0, 66], "Row", .length), (eof, "EOF", .length),
                ]),
                client([([2, 0, 0, 0, 3, 65], "Query", .length)]),
                server([
                    ([2, 0, 0, 1, 0, 1], "ResultSet", .length), (eof, "EOF", .length),
                    ([2, 0, 0, 4, 1, 65], "Row", .length), (eof, "EOF", .length),
                ]),
                client([([1, 0, 0, 0, 14], "Ping", .length)]),
                server([([7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], "OK", .length)]),
            ]
        )
    }

    @Test func `mysql: a packet of full length goes on in the next`() throws {
        let framing = try Hearsay("mysql")
        framing.hear(Self.greeting(capabilities: (0, 0, 0, 0)), .downstream)
        framing.hear([4, 0, 0, 1, 0, 0, 0, 0], .upstream)
        framing.hear([3, 0, 0, 2, 0, 0, 0], .downstream)
        let long = [0xFF, 0xFF, 0xFF, 0, 3] + [UInt8](repeating: 65, count: 0xFF_FFFE) + [2, 0, 0, 1, 1, 2]
        framing.hear(long + [1, 0, 0, 0, 14], .upstream, cut: 100_000)
        #expect(framing.messages.map(\.bytes.count).suffix(2) == [long.count, 5])
        #expect(framing.messages.map(\.kind).suffix(2) == ["Query", "Ping"])
    }

    @Test func `mysql: is encrypted after the client asks, and compressed where both can`() throws {
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFF, 0xFF, 0, 0)), "Handshake", .length)]),
                client([
                    ([32, 0, 0, 1, 0, 8] + [UInt8](repeating: 0, count: 30), "SSLRequest", .length),
                    ([22, 3, 1], nil, .chunk),
                ]),
                server([([22, 3, 3], nil, .chunk)]),
            ]
        )
        try expect(
            "mysql",
            hears: [
                server([(Self.greeting(capabilities: (0xFF, 0xFF, 0, 0)), "Handshake", .length)]),
                client([([4, 0, 0, 1, 0x20, 0, 0, 0], "HandshakeResponse", .length)]),
                server([([3, 0, 0, 2, 0, 0, 0], "OK", .length)]),
                client([([5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14], "compressed", .length)]),
                server([([2, 0, 0, 1, 9, 0, 0, 1, 2], "compressed", .length)]),
            ]
        )
    }

    @Test func `mysql: is lost where a server greets otherwise`() throws {
        try expect(
            "mysql",
            hears: [server([([3, 0, 0, 0, 9, 1, 2, 7], nil, .chunk)])],
            losing: ["the server does not greet as MySQL 10 does"]
        )
    }
}
