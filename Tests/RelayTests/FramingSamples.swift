import Traffic

@testable import Relay

/// Messages to draw streams from, for the framings in which random bytes would soon mean nothing.
enum FramingSamples {
    /// Empty for those that any bytes will do for.
    static func messages(_ framing: Framing, _ direction: Direction) -> [[UInt8]] {
        switch framing {
        case .octet: ["1 a", "12 <13>1 - - -", "3 a b", "20 01234567890123456789"].map { Array($0.utf8) }
        case .between(let start, let end):
            [[1, 2, 3], [], [10] + start.alternatives[0]].map { start.alternatives[0] + $0 + end.alternatives[0] }
        case .auto: messages(direction == .upstream ? .http : .resp)[direction]
        case .named(let name): messages(name)[direction].map { Array($0) }
        default: []
        }
    }

    private static func texts(_ upstream: [String], _ downstream: [String]) -> PerDirection<[[UInt8]]> {
        PerDirection(upstream: upstream.map { Array($0.utf8) }, downstream: downstream.map { Array($0.utf8) })
    }

    private static func messages(_ name: NamedProtocol) -> PerDirection<[[UInt8]]> {
        switch name {
        case .http:
            texts(
                [
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /x?y HTTP/1.1\r\n\r\n",
                    "POST /p HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                    "PUT /q HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
                ],
                [
                    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 204 No Content\r\n\r\n",
                    "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
                ]
            )
        case .resp:
            texts(
                ["PING\r\n", "*1\r\n$4\r\nPING\r\n", "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$5\r\na\r\nbc\r\n"],
                [
                    "+OK\r\n", "-ERR no\r\n", ":12\r\n", "$-1\r\n", "$3\r\nabc\r\n", "*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
                    "%1\r\n+a\r\n:1\r\n", ">2\r\n$7\r\nmessage\r\n+x\r\n", "|1\r\n+a\r\n+b\r\n_\r\n",
                ]
            )
        case .postgres:
            PerDirection(
                upstream: [
                    [0, 0, 0, 8, 4, 210, 22, 47], [0, 0, 0, 10, 0, 3, 0, 0, 0, 0], [81, 0, 0, 0, 6, 65, 0],
                    [88, 0, 0, 0, 4], [100, 0, 0, 0, 9, 1, 2, 3, 4, 5],
                ],
                downstream: [
                    [78], [82, 0, 0, 0, 8, 0, 0, 0, 0], [90, 0, 0, 0, 5, 73], [68, 0, 0, 0, 6, 0, 0],
                    [67, 0, 0, 0, 5, 0],
                ]
            )
        case .mysql:
            PerDirection(
                upstream: [
                    [5, 0, 0, 1, 0, 0, 0, 0, 9], [2, 0, 0, 0, 3, 65], [1, 0, 0, 0, 1], [0, 0, 0, 2],
                    [3, 0, 0, 3, 1, 2, 3],
                ],
                downstream: [
                    [3, 0, 0, 0, 10, 56, 0], [3, 0, 0, 2, 0, 0, 0], [1, 0, 0, 1, 1], [3, 0, 0, 2, 100, 101, 102],
                    [5, 0, 0, 3, 254, 0, 0, 2, 0], [3, 0, 0, 4, 255, 1, 2],
                ]
            )
        case .smtp:
            texts(
                [
                    "EHLO a\r\n", "MAIL FROM:<a@b>\r\n", "DATA\r\n", "line\r\n..\r\n.\r\n", "BDAT 5 LAST\r\n12345",
                    "QUIT\r\n",
                ],
                ["220 hello\r\n", "250-a\r\n250-b\r\n250 c\r\n", "250 ok\r\n", "354 go\r\n", "334 VXNlcg==\r\n"]
            )
        case .mqtt:
            PerDirection(
                both: [
                    [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 0], [0xC0, 0], [0x30, 5, 0, 3, 97, 47, 98],
                    [0x82, 0x80, 1] + [UInt8](repeating: 9, count: 128), [0x20, 2, 0, 0],
                ]
            )
        }
    }
}
