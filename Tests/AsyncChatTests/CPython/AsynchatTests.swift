import Glibc
import Testing

@testable import AsyncChat

// The cases of CPython's Lib/test/test_asynchat.py (3.11, and 2.7 where it has more), each named above the test that holds it.
// Which case went where: Fixtures/CPYTHON.md.

@Suite(.onEveryBackend) struct `CPython's TestAsynchat` {
    /// What a channel hears that pushes to a plain server, which sends all of it back and closes. Reads no more at a time than
    /// the server sends, so that terminators come in pieces.
    private func hear(
        _ family: Family,
        pieceByteCount: Int = 1,
        until terminator: Terminator,
        pushing push: (RecordingChannel) -> Void
    ) throws -> RecordingChannel {
        let server = try PlainServer(family, pieceByteCount: pieceByteCount)
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let client = RecordingChannel(loop: loop)
        client.setTerminator(terminator)
        client.inputBufferByteCount = pieceByteCount
        try client.connect(to: server.address)
        push(client)
        client.push(PlainServer.quit)
        try loop.run { !client.isOpen }
        #expect(client.events == ["connect", "end", "close"])
        return client
    }

    /// Two lines, of which the first is pushed in two parts.
    private func hearsTwoLines(_ family: Family, pieceByteCount: Int, endedBy terminator: Delimiter) throws {
        let client = try hear(family, pieceByteCount: pieceByteCount, until: .bytes(terminator)) {
            $0.push("good ")
            $0.push(Array("morning".utf8) + terminator.bytes)
            $0.push(Array("and good night".utf8) + terminator.bytes)
        }
        #expect(client.messages == ["good morning", "and good night"].map { Array($0.utf8) })
        #expect(client.tail.isEmpty)
    }

    /// test_line_terminator1
    @Test(arguments: Family.allCases, 1...3) func `finds lines ended by one byte`(
        family: Family,
        pieceByteCount: Int
    ) throws {
        try hearsTwoLines(family, pieceByteCount: pieceByteCount, endedBy: "\n")
    }

    /// test_line_terminator2
    @Test(arguments: Family.allCases, 1...3) func `finds lines whose end comes in two reads`(
        family: Family,
        pieceByteCount: Int
    ) throws {
        try hearsTwoLines(family, pieceByteCount: pieceByteCount, endedBy: "\r\n")
    }

    /// test_line_terminator3
    @Test(arguments: Family.allCases, 1...3) func `finds lines whose end overlaps itself`(
        family: Family,
        pieceByteCount: Int
    ) throws {
        try hearsTwoLines(family, pieceByteCount: pieceByteCount, endedBy: "qqq")
    }

    /// A count that nobody renews: one message, and everything behind it only collected.
    private func hearsOneMessage(_ family: Family, ofByteCount byteCount: Int) throws {
        let text = Array("twelve and more\n".utf8)
        let client = try hear(family, until: .count(byteCount)) { $0.push(text) }
        #expect(client.messages == [Array(text.prefix(byteCount))])
        #expect(client.tail == Array(text.dropFirst(byteCount)))
        #expect(client.terminator == .count(0))
    }

    /// test_numeric_terminator1
    @Test(arguments: Family.allCases) func `counts to one, once`(family: Family) throws {
        try hearsOneMessage(family, ofByteCount: 1)
    }

    /// test_numeric_terminator2
    @Test(arguments: Family.allCases) func `counts to six, once`(family: Family) throws {
        try hearsOneMessage(family, ofByteCount: 6)
    }

    /// test_none_terminator
    @Test(arguments: Family.allCases) func `collects everything where nothing ends a message`(family: Family) throws {
        let client = try hear(family, until: .none) { $0.push("first\nsecond\n") }
        #expect(client.messages.isEmpty)
        #expect(client.tail == Array("first\nsecond\n".utf8))
    }

    /// test_simple_producer
    @Test(arguments: Family.allCases) func `sends what a producer makes, whole and in order`(family: Family) throws {
        let client = try hear(family, until: .bytes("\n")) {
            $0.pushWithProducer(SimpleProducer(Array("good morning\nand good night\n".utf8), pieceByteCount: 8))
        }
        #expect(client.messages == ["good morning", "and good night"].map { Array($0.utf8) })
    }

    /// test_string_producer
    @Test(arguments: Family.allCases) func `sends a byte string in a producer's place`(family: Family) throws {
        let client = try hear(family, until: .bytes("\n")) {
            $0.pushWithProducer(Array("good morning\nand good night\n".utf8))
        }
        #expect(client.messages == ["good morning", "and good night"].map { Array($0.utf8) })
    }

    /// test_empty_line
    @Test(arguments: Family.allCases) func `finds the empty line between two others`(family: Family) throws {
        let client = try hear(family, until: .bytes("\n")) { $0.push("one\n\ntwo\n") }
        #expect(client.messages == ["one", "", "two"].map { Array($0.utf8) })
    }

    /// test_close_when_done
    @Test(arguments: Family.allCases) func `sends what waits, then closes and hears nothing`(family: Family) throws {
        let server = try PlainServer(family, asksToAnswer: true)
        let loop = try makeLoop()
        let client = RecordingChannel(loop: loop)
        client.setTerminator(.bytes("\n"))
        try client.connect(to: server.address)
        client.push("good morning\nand good night\n" + PlainServer.quit)
        client.closeWhenDone()
        try loop.run { loop.channelCount == 0 }
        #expect(server.receivedBytes() == Array("good morning\nand good night\n".utf8))
        server.answer()
        #expect(client.messages.isEmpty && client.tail.isEmpty)
        #expect(client.events == ["connect", "close"])
    }

    /// test_push. What is no bytes the compiler refuses: there is no `push` of a number or a text in AsyncChat.
    @Test(arguments: Family.allCases) func `sends bytes in every form there is`(family: Family) throws {
        let bytes = Array("bytes\n".utf8)
        let client = try hear(family, until: .bytes("\n")) {
            $0.push(bytes)
            $0.push(bytes.span.bytes)
            $0.pushWithProducer(bytes)
        }
        #expect(client.messages == Array(repeating: Array("bytes".utf8), count: 3))
    }
}

@Suite(.onEveryBackend) struct `CPython's TestAsynchatMocked` {
    /// test_blockingioerror
    @Test func `takes a socket with nothing to read for no error`() throws {
        let loop = try makeLoop()
        let pair = try SocketPair()
        let channel = RecordingChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        defer { loop.closeAll() }
        channel.serve(.read, watchedFor: .read)
        #expect(channel.readEventCount == 1)
        #expect(channel.events.isEmpty && channel.isOpen)
    }
}

@Suite struct `CPython's TestHelperFunctions` {
    /// test_find_prefix_at_end
    @Test func `finds how much of a terminator ends a text`() {
        #expect(findPrefixAtEnd(Array("a line\r".utf8), Array("\r\n".utf8)) == 1)
        #expect(findPrefixAtEnd(Array("a line".utf8), Array("\r\n".utf8)) == 0)
    }
}

@Suite struct `CPython's TestNotConnected` {
    /// test_disallow_negative_terminator
    @Test func `refuses to count to a negative number without a socket`() async {
        await #expect(processExitsWith: .failure) {
            ChatChannel(loop: try EventLoop()).setTerminator(.count(-1))
        }
    }

    /// The same channel, without the mistake.
    @Test func `takes any other terminator without a socket`() throws {
        let channel = ChatChannel(loop: try makeLoop())
        for terminator in [Terminator.count(0), .count(7), .bytes("\r\n"), .bytes([]), .none] {
            channel.setTerminator(terminator)
            #expect(channel.terminator == terminator)
        }
    }
}

@Suite struct `CPython's TestFifo` {
    /// test_basic
    @Test func `gives out first what came first`() {
        var fifo = FIFO<Int>()
        #expect(fifo.isEmpty && fifo.pop() == nil)
        fifo.push(7)
        fifo.push(8)
        #expect(fifo.count == 2 && fifo.first == 7)
        #expect(fifo.pop() == 7)
        #expect(fifo.count == 1 && fifo.first == 8 && !fifo.isEmpty)
        #expect(fifo.pop() == 8)
        #expect(fifo.isEmpty && fifo.pop() == nil)
    }

    /// test_given_list
    @Test func `gives out a list it was made with in its order`() {
        var fifo = FIFO([10, 20, 30])
        #expect([fifo.pop(), fifo.pop(), fifo.pop(), fifo.pop()] == [10, 20, 30, nil])
    }
}
