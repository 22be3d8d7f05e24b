import Foundation
import Glibc
import Testing

@testable import AsyncChat

// The cases of CPython's Lib/test/test_asyncore.py (3.11) but for those of a connection, which are in DispatcherAPITests.swift.
// Which case went where: Fixtures/CPYTHON.md.

@Suite(.onEveryBackend) struct `CPython's HelperFunctionTests` {
    private let loop: EventLoop
    private let channel: StrictDispatcher

    init() throws {
        loop = try makeLoop()
        loop.reportError = { _, _ in }
        let pair = try SocketPair()
        channel = StrictDispatcher(loop: loop, socket: Socket(owning: pair.near.duplicate()))
    }

    /// What the kernel says, what the channel asked for, and which callback that is. A hang-up is no callback of its own: it is
    /// read to its end first, or found by writing where nobody reads.
    private static let events: [(Readiness, Interest, String)] = [
        (.read, .read, "read"), (.write, .write, "write"), (.urgent, .urgent, "urgent"), (.hangUp, .read, "read"),
        (.hangUp, [.read, .write], "read"), (.hangUp, .write, "write"), ([.read, .hangUp], .read, "read"),
    ]

    /// test_readwrite
    @Test(arguments: events.indices) func `calls for each readiness its one callback`(index: Int) {
        defer { loop.closeAll() }
        let (readiness, interest, name) = Self.events[index]
        channel.expected = [name]
        channel.serve(readiness, watchedFor: interest)
        #expect(channel.events == [name])
        #expect(channel.isOpen)
    }

    /// test_readwrite, the part that closes
    @Test func `closes once for all that says that the peer is gone`() throws {
        let pair = try SocketPair()
        let chat = RecordingChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        defer { loop.closeAll() }
        try pair.far.send("last words")
        try pair.far.shutdownWrite()
        chat.serve([.read, .hangUp], watchedFor: [.read, .write])
        #expect(chat.events.isEmpty, "the last words come before the end")
        chat.serve([.read, .write, .hangUp], watchedFor: [.read, .write])
        chat.serve([.read, .write, .hangUp], watchedFor: [.read, .write])
        #expect(chat.tail == Array("last words".utf8))
        #expect(chat.events == ["end", "close"])
    }

    /// test_readwriteexc, an error
    @Test(arguments: events.indices) func `takes what a callback throws to its channel's error hook`(index: Int) {
        defer { loop.closeAll() }
        let (readiness, interest, name) = Self.events[index]
        channel.expected = [name, "error", "close"]
        channel.actions[name] = { _ in throw NeverHappened() }
        channel.serve(readiness, watchedFor: interest)
        #expect(channel.events == [name, "error", "close"])
        #expect(channel.errors.first is NeverHappened)
    }

    /// test_readwriteexc, ExitNow
    @Test func `leaves the loop from inside a callback without closing anything`() {
        defer { loop.closeAll() }
        channel.expected = ["write"]
        channel.actions["write"] = { $0.loop.stop() }
        loop.run(turnTimeout: .seconds(10))
        #expect(channel.events == ["write"])
        #expect(channel.isOpen && loop.channelCount == 1)
    }

    /// test_closeall and test_closeall_default: every loop is its own map, and none is the default.
    @Test func `closes all channels of a loop, and none of another`() throws {
        let other = try makeLoop()
        defer { loop.closeAll() }
        let channels = try (0..<10).map { _ in
            let pair = try SocketPair()
            return StrictDispatcher(loop: other, socket: Socket(owning: pair.near.duplicate()))
        }
        #expect(other.channelCount == 10)
        other.closeAll()
        #expect(other.channelCount == 0 && other.channels.isEmpty)
        #expect(channels.allSatisfy { !$0.isOpen && $0.events.isEmpty })
        #expect(channel.isOpen && loop.channelCount == 1)
    }
}

@Suite(.onEveryBackend) struct `CPython's DispatcherTests` {
    /// test_basic
    @Test func `wants to read and to write from the start`() throws {
        let dispatcher = Dispatcher(loop: try makeLoop())
        #expect(dispatcher.readable() && dispatcher.writable())
    }

    /// test_repr
    @Test func `shows what it is and in which state`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let dispatcher = Dispatcher(loop: loop)
        #expect("\(dispatcher)" == "Dispatcher idle")
        try dispatcher.listen(on: Family.ipv4.freeAddress())
        #expect("\(dispatcher)" == "Dispatcher listening \(try #require(dispatcher.address))")
    }

    /// test_log: what asyncore prints, ours reports; by default a line on stderr.
    @Test func `reports on stderr what nobody else deals with`() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let channel = ChatChannel(loop: try EventLoop())
            channel.handleError(SystemError(doing: "receive", code: ETIMEDOUT))
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("ChatChannel idle: receive: Connection timed out (ETIMEDOUT)\n"))
    }

    /// test_unhandled: hooks that nobody overrides do nothing, and say nothing.
    @Test func `does nothing in hooks that are not overridden`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        var reported = 0
        loop.reportError = { _, _ in reported += 1 }
        let pair = try SocketPair()
        let dispatcher = Dispatcher(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        try dispatcher.handleExpt()
        try dispatcher.handleRead()
        try dispatcher.handleWrite()
        try dispatcher.handleConnect()
        try dispatcher.handleAccept()
        #expect(reported == 0 && dispatcher.isOpen)
    }

    /// test_strerror
    @Test func `finds words for every error number`() {
        #expect(SystemError(doing: "", code: EPERM).reason == "Operation not permitted (EPERM)")
        #expect(!SystemError(doing: "", code: -1).reason.isEmpty)
    }
}

@Suite(.onEveryBackend) struct `CPython's DispatcherWithSendTests` {
    /// test_send
    @Test(arguments: Family.allCases) func `sends three pushes, complete and in order`(family: Family) throws {
        let server = try PlainServer(family)
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let client = RecordingChannel(loop: loop)
        try client.connect(to: server.address)
        let middle = counted(5000)
        client.push("first ")
        client.push(middle)
        client.push(" last")
        #expect(!client.fifo.isEmpty, "nothing leaves before the connection stands")
        client.closeWhenDone()
        try loop.run { !client.isOpen }
        #expect(client.fifo.isEmpty)
        #expect(server.receivedBytes() == Array("first ".utf8) + middle + Array(" last".utf8))
    }
}

@Suite(.onEveryBackend) struct `CPython's FileWrapperTest` {
    private let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).txt").path
    private let loop: EventLoop

    init() throws {
        loop = try makeLoop()
        loop.reportError = { _, _ in }
        try Data("It was a quiet night".utf8).write(to: URL(filePath: path))
    }

    private func read(_ channel: Dispatcher, atMost byteCount: Int) throws -> String {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let outcome = try bytes.withUnsafeMutableBytes { (buffer) throws(SystemError) in try channel.recv(into: buffer)
        }
        guard case .bytes(let count) = outcome else { return "" }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// test_recv
    @Test func `reads on through a duplicate, until it is closed`() throws {
        defer { unlink(path) }
        let original = open(path, O_RDONLY)
        let channel = Dispatcher(loop: loop, file: try OpenFile(duplicating: original))
        #expect(channel.descriptor != original)
        close(original)
        #expect(try read(channel, atMost: 6) == "It was")
        #expect(try read(channel, atMost: 8) == " a quiet")
        #expect(try read(channel, atMost: 100) == " night")
        channel.close()
        #expect(throws: SystemError(doing: "receive", code: EBADF)) { try read(channel, atMost: 1) }
    }

    /// test_send
    @Test func `writes behind what is there through a duplicate`() throws {
        defer { unlink(path) }
        let original = open(path, O_WRONLY | O_APPEND)
        let channel = Dispatcher(loop: loop, file: try OpenFile(duplicating: original))
        close(original)
        for text in [", and", " dark"] {
            let count = try Array(text.utf8).withUnsafeBytes { (bytes) throws(SystemError) in try channel.send(bytes) }
            #expect(count == text.utf8.count)
        }
        channel.close()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "It was a quiet night, and dark")
    }

    /// test_close_twice: the number may be somebody else's by the second time.
    @Test func `closes its descriptor once, however often it is closed`() throws {
        defer { unlink(path) }
        // Another test may snatch the number: then there is nothing to see, and it is tried again.
        var wasTried = false
        for _ in 0..<100 where !wasTried {
            let original = open(path, O_RDONLY)
            defer { close(original) }
            // A number that the kernel would not give out by itself.
            let number = fcntl(original, F_DUPFD_CLOEXEC, 800)
            let channel = Dispatcher(loop: loop, file: OpenFile(owning: number))
            channel.close()
            let newcomer = fcntl(original, F_DUPFD_CLOEXEC, number)
            defer { close(newcomer) }
            guard newcomer == number else { continue }
            channel.close()
            #expect(fcntl(newcomer, F_GETFD) >= 0)
            wasTried = true
        }
        #expect(wasTried)
    }
}
