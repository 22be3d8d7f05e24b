import Glibc
import Testing

@testable import AsyncChat

/// What a program does that it should not: each has its documented meaning, and stops neither the loop nor another channel.
@Suite(.onEveryBackend) struct `Wrong use` {
    /// A channel whose every send fails.
    private final class Failing: ChatChannel {
        var code = EPIPE
        var events: [String] = []
        var lastWords: [UInt8] = []
        var saysLastWordsOnError = false
        var staysOpen = false

        override func readable() -> Bool { false }

        override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
            throw SystemError(doing: "send", code: code)
        }

        override func handleClose() {
            events.append("close")
            // The channel's peer may be gone already: an easy mistake, and no harm.
            if events.count < 100 { push(lastWords) }
            super.handleClose()
        }

        override func handleError(_ error: any Error) {
            events.append("error")
            if events.count < 100, saysLastWordsOnError { push(lastWords) }
            if !staysOpen { super.handleError(error) }
        }
    }

    private func makeFailing(_ loop: EventLoop) throws -> Failing {
        loop.reportError = { _, _ in }
        let pair = try SocketPair()
        return Failing(loop: loop, socket: Socket(owning: pair.near.duplicate()))
    }

    @Test func `of a channel that is over, which pushes from handleClose to a peer that is gone, closes once`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let channel = try makeFailing(loop)
        channel.lastWords = [1]
        channel.push([2])
        #expect(channel.events == ["close"])
        #expect(!channel.isOpen)
    }

    @Test func `of the error hook, which fails by pushing, ends the channel`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let channel = try makeFailing(loop)
        (channel.code, channel.lastWords, channel.saysLastWordsOnError) = (ETIMEDOUT, [1], true)
        channel.staysOpen = true
        channel.push([2])
        #expect(channel.events == ["error", "close"])
        #expect(!channel.isOpen)
    }

    @Test func `of the error hook, which keeps its channel, stops nobody else`() throws {
        try withLoopback { loopback in
            let broken = try makeFailing(loopback.loop)
            (broken.code, broken.staysOpen) = (EIO, true)
            broken.push([1])
            for number in 0..<20 {
                loopback.client.push("\(number)\n")
                try loopback.loop.run { loopback.server.messages.count == number + 1 }
            }
            #expect(broken.isOpen && broken.events.allSatisfy { $0 == "error" })
            #expect(broken.events.count > 1, "it is tried again every turn")
        }
    }

    @Test func `of a report of errors, which closes everything, is the end of everything`() throws {
        try withLoopback { loopback in
            loopback.loop.reportError = { channel, _ in channel.loop.closeAll() }
            loopback.server.actions["found"] = { _ in throw NeverHappened() }
            loopback.client.push("one\n")
            try loopback.loop.run { loopback.loop.channelCount == 0 }
            #expect(loopback.server.events == ["error"])
        }
    }

    @Test(arguments: Family.allCases) func `of a closed channel only queues, and a new connection sends it`(
        family: Family
    ) throws {
        try withLoopback(family) { loopback in
            let client = loopback.client
            client.close()
            let events = client.events
            client.push("late\n")
            client.pushWithProducer(SimpleProducer(Array("later\n".utf8)))
            client.closeWhenDone()
            client.shutdownWriteWhenDone()
            client.close()
            loopback.loop.settle()
            #expect(client.events == events)
            #expect(client.fifo.count == 4 && client.statistics.bytesOut == 0)
            try client.connect(to: try #require(loopback.listener.address))
            try loopback.loop.run { !client.isOpen && loopback.listener.accepted.count == 2 }
            try loopback.loop.run { !loopback.listener.accepted[1].isOpen }
            #expect(loopback.listener.accepted[1].messages == [Array("late".utf8), Array("later".utf8)])
        }
    }

    @Test func `of a terminator without bytes collects for ever`() throws {
        let channel = try FedChannel(loop: makeLoop(), terminator: .bytes("\r\n"))
        defer { channel.close() }
        channel.feed(Array("one\r".utf8), pieceByteCount: 9)
        channel.setTerminator(.bytes([]))
        channel.feed(Array("\ntwo\r\n".utf8), pieceByteCount: 9)
        #expect(channel.messages.isEmpty && channel.pendingInput.isEmpty)
        #expect(channel.tail == Array("one\r\ntwo\r\n".utf8))
    }

    @Test func `of a producer, which throws and is kept, sends nothing out of order`() throws {
        final class Moody: Producer {
            var moods: [[UInt8]?] = [[1], nil, [2], nil, []]
            func more() throws -> [UInt8]? {
                guard let piece = moods.removeFirst() else { throw NeverHappened() }
                return piece
            }
        }
        final class Patient: ChatChannel {
            var errors = 0
            override func handleError(_ error: any Error) { errors += 1 }
        }
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let near = try SocketPair()
        let patient = Patient(loop: loop, socket: Socket(owning: near.near.duplicate()))
        let hearing = RecordingChannel(loop: loop, socket: Socket(owning: near.far.duplicate()))
        patient.pushWithProducer(Moody())
        patient.push([3])
        try loop.run { hearing.tail.count == 3 }
        #expect(hearing.tail == [1, 2, 3])
        #expect(patient.errors == 2)
    }

    @Test func `of closeAll while a listener rests does not keep it from accepting when it listens anew`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        loopback.listener.failures = [EMFILE]
        try loopback.client.connect(to: try #require(loopback.listener.address))
        try loopback.loop.run { !loopback.listener.pauses.isEmpty }
        loopback.loop.closeAll()
        try loopback.listener.listen(on: Family.ipv4.freeAddress())
        try loopback.connect()
        #expect(loopback.listener.accepted.count == 1)
    }

    @Test func `of a size below one byte stops the program`() async {
        await #expect(processExitsWith: .failure) { ChatChannel(loop: try EventLoop()).inputBufferByteCount = 0 }
        await #expect(processExitsWith: .failure) { ChatChannel(loop: try EventLoop()).outputBufferByteCount = 0 }
        await #expect(processExitsWith: .failure) { _ = SimpleProducer([1], pieceByteCount: 0) }
    }
}
