import Foundation
import Glibc
import Testing

@testable import AsyncChat

/// Channels over descriptors that are no sockets (asyncore's `file_dispatcher`).
@Suite(.onEveryBackend) struct `A channel over a file` {
    private let loop: EventLoop

    init() throws {
        loop = try makeLoop()
        loop.reportError = { _, _ in }
    }

    /// The two ends of a pipe(2), which no child of another test is to keep open.
    private func makePipe() throws -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private func temporaryFile(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).txt")
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test func `reads what is written into a pipe, and its end`() throws {
        let pipe = try makePipe()
        let channel = RecordingChannel(loop: loop, file: OpenFile(owning: pipe.reading))
        channel.setTerminator(.bytes("\n"))
        #expect(channel.isConnected)
        #expect(write(pipe.writing, "one\ntwo\nth", 10) == 10)
        try loop.run { channel.messages.count == 2 }
        #expect(channel.messages == [Array("one".utf8), Array("two".utf8)])
        Glibc.close(pipe.writing)
        try loop.run { !channel.isOpen }
        #expect(channel.tail == Array("th".utf8))
        #expect(channel.events == ["end", "close"])
    }

    @Test func `reads a plain file to its end, and the loop is done`() throws {
        let lines = (1...5000).map { "line \($0)" }
        let file = try temporaryFile(lines.map { $0 + "\n" }.joined())
        defer { try? FileManager.default.removeItem(at: file) }
        let channel = RecordingChannel(loop: loop, file: OpenFile(owning: open(file.path, O_RDONLY)))
        channel.setTerminator(.bytes("\n"))
        loop.run(turnTimeout: .seconds(10))
        #expect(channel.messages.map { String(decoding: $0, as: UTF8.self) } == lines)
        #expect(!channel.isOpen)
    }

    @Test func `writes to the end of a plain file`() throws {
        let file = try temporaryFile("first\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let channel = RecordingChannel(loop: loop, file: OpenFile(owning: open(file.path, O_WRONLY | O_APPEND)))
        channel.isReadable = false
        channel.push("second\n")
        channel.pushWithProducer(SimpleProducer(Array("third\n".utf8), pieceByteCount: 2))
        channel.closeWhenDone()
        loop.run(turnTimeout: .seconds(10))
        #expect(try String(contentsOf: file, encoding: .utf8) == "first\nsecond\nthird\n")
    }

    @Test func `shares its loop with sockets`() throws {
        let pipe = try makePipe()
        defer { Glibc.close(pipe.writing) }
        let pair = try SocketPair()
        let socket = RecordingChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        socket.setTerminator(.bytes("\n"))
        let file = RecordingChannel(loop: loop, file: OpenFile(owning: pipe.reading))
        file.setTerminator(.bytes("\n"))
        // What comes out of the pipe goes to the socket's peer.
        file.actions["found"] = { file in socket.push(file.messages.last! + [10]) }
        #expect(write(pipe.writing, "through\n", 8) == 8)
        try pair.far.send("across\n")
        try loop.run { !file.messages.isEmpty && !socket.messages.isEmpty }
        var buffer = [UInt8](repeating: 0, count: 64)
        #expect(recv(pair.far.descriptor, &buffer, buffer.count, 0) == 8)
        #expect(buffer.prefix(8) == Array("through\n".utf8)[...])
        loop.closeAll()
    }

    @Test func `has a descriptor of its own when it is given a duplicate`() throws {
        let pipe = try makePipe()
        let file = try OpenFile(duplicating: pipe.reading)
        #expect(file.descriptor != pipe.reading)
        let channel = RecordingChannel(loop: loop, file: file)
        channel.setTerminator(.bytes("\n"))
        Glibc.close(pipe.reading)
        #expect(write(pipe.writing, "still\n", 6) == 6)
        try loop.run { channel.messages.count == 1 }
        Glibc.close(pipe.writing)
        loop.run(turnTimeout: .seconds(10))
    }

    @Test func `is forgotten when it closes, though the file stays open elsewhere`() throws {
        let pipe = try makePipe()
        defer { for end in [pipe.reading, pipe.writing] { Glibc.close(end) } }
        let channel = RecordingChannel(loop: loop, file: try OpenFile(duplicating: pipe.reading))
        loop.turn(timeout: .zero)
        #expect(write(pipe.writing, "unread", 6) == 6)
        channel.close()
        // Readable as it is, it would wake every turn: there would be no end of them before the timer.
        loop.schedule(after: .milliseconds(200)) { loop.stop() }
        let before = loop.turns
        loop.runUntilStopped(turnTimeout: .seconds(10))
        #expect(loop.turns - before < 10)
        #expect(channel.events.isEmpty)
    }

    @Test func `closes its descriptor once it is let go of`() throws {
        let pipe = try makePipe()
        defer { Glibc.close(pipe.reading) }
        do {
            let file = OpenFile(owning: pipe.writing)
            #expect(file.descriptor == pipe.writing)
        }
        var byte: UInt8 = 0
        #expect(read(pipe.reading, &byte, 1) == 0, "nobody can write any more")
    }

    @Test func `learns of a pipe that nobody reads as of a peer that is gone`() throws {
        let pipe = try makePipe()
        let channel = RecordingChannel(loop: loop, file: OpenFile(owning: pipe.writing))
        channel.isReadable = false
        Glibc.close(pipe.reading)
        channel.push("to nobody")
        loop.run(turnTimeout: .seconds(10))
        #expect(channel.events == ["disconnect", "close"])
    }

    @Test func `has no half to shut down`() throws {
        let pipe = try makePipe()
        defer { Glibc.close(pipe.reading) }
        let channel = RecordingChannel(loop: loop, file: OpenFile(owning: pipe.writing))
        channel.shutdownWriteWhenDone()
        #expect(channel.events == ["error", "close"])
        #expect((channel.errors.first as? SystemError)?.symbol == "ENOTSOCK")
    }

    @Test func `cannot be made of a number that is no descriptor`() {
        #expect { _ = try OpenFile(duplicating: -1).descriptor } throws: { ($0 as? SystemError)?.symbol == "EBADF" }
    }
}

/// TCP's urgent data (asyncore's `handle_expt`).
@Suite(.onEveryBackend) struct `Urgent data` {
    @Test(arguments: [Family.ipv4, .ipv6]) func `comes beside the stream to a channel that asks for it`(
        family: Family
    ) throws {
        try withLoopback(family) { loopback in
            loopback.server.isUrgentReadable = true
            loopback.server.interestMayHaveChanged()
            loopback.client.push("before\n")
            #expect(try loopback.client.sendUrgent(UInt8(ascii: "!")))
            loopback.client.push("after\n")
            try loopback.loop.run { loopback.server.urgent.count == 1 && loopback.server.messages.count == 2 }
            #expect(loopback.server.urgent == Array("!".utf8))
            #expect(loopback.server.messages == [Array("before".utf8), Array("after".utf8)])
        }
    }

    @Test func `is no event for a channel that does not ask`() throws {
        try withLoopback(.ipv4) { loopback in
            #expect(try loopback.client.sendUrgent(UInt8(ascii: "!")))
            loopback.client.push("after\n")
            try loopback.loop.run { loopback.server.messages.count == 1 }
            #expect(loopback.server.events == [])
            #expect(try loopback.server.receiveUrgent() == nil)
        }
    }

    @Test func `whose handler throws closes that channel alone`() throws {
        try withLoopback(.ipv4) { loopback in
            loopback.server.isUrgentReadable = true
            loopback.server.interestMayHaveChanged()
            loopback.server.actions["urgent"] = { _ in throw NeverHappened() }
            #expect(try loopback.client.sendUrgent(UInt8(ascii: "!")))
            try loopback.loop.run { !loopback.server.isOpen }
            #expect(loopback.server.events == ["urgent", "error", "close"])
            #expect(loopback.listener.isOpen)
        }
    }
}
