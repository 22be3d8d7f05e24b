import Glibc
import Testing

@testable import AsyncChat

private final class RelayedChannel: RecordingChannel {
    /// After so many reads the next one fails as of a reset.
    var failsAfterReads = Int.max

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        failsAfterReads -= 1
        guard failsAfterReads >= 0 else { throw SystemError(doing: "receive", code: ECONNRESET) }
        return try super.recv(into: buffer)
    }
}

/// Two channels that forward to each other, and the far ends of their sockets.
private final class Relayed {
    let loop: EventLoop
    let near: RelayedChannel
    let far: RelayedChannel
    private let clients: SocketPair
    private let servers: SocketPair

    init() throws {
        loop = try makeLoop()
        clients = try SocketPair()
        servers = try SocketPair()
        near = RelayedChannel(loop: loop, socket: Socket(owning: clients.near.duplicate()))
        far = RelayedChannel(loop: loop, socket: Socket(owning: servers.near.duplicate()))
        for channel in [near, far] {
            channel.staysOpenAtEnd = true
            channel.setTerminator(.bytes("\n"))
            channel.gathers = true
        }
        near.forward(to: far)
        far.forward(to: near)
    }

    func clientSends(_ text: String) throws { try clients.far.send(text) }

    func clientEnds() throws { try clients.far.shutdownWrite() }

    func serverSends(_ text: String) throws { try servers.far.send(text) }

    /// What has come.
    func clientReceives() throws -> String { try clients.far.text() }

    func serverReceives() throws -> String { try servers.far.text() }

    func hasServerReachedTheEnd() throws -> Bool {
        var byte: UInt8 = 0
        let outcome = try withUnsafeMutableBytes(of: &byte) { try Socket.receive(servers.far.descriptor, into: $0) }
        return outcome == .endOfStream
    }

    func end() {
        near.forward(to: nil)
        far.forward(to: nil)
        for channel in [near, far] { channel.actions = [:] }
        loop.closeAll()
    }
}

private func withRelayed(_ body: (Relayed) throws -> Void) throws {
    let relayed = try Relayed()
    defer { relayed.end() }
    try body(relayed)
}

extension Socket {
    /// What has come, as text.
    fileprivate borrowing func text() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let outcome = try buffer.withUnsafeMutableBytes { try Socket.receive(descriptor, into: $0) }
        guard case .bytes(let count) = outcome else { return "" }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

@Suite(.onEveryBackend) struct `A channel that forwards` {
    @Test func `has sent what it received before anybody looks at it`() throws {
        try withRelayed { relayed in
            var seen: [String] = []
            relayed.near.actions["received"] = { _ in seen.append(try relayed.serverReceives()) }
            try relayed.clientSends("one\ntw")
            try relayed.loop.run { seen.count == 1 }
            try relayed.clientSends("o\n")
            try relayed.loop.run { seen.count == 2 }
            #expect(seen == ["one\ntw", "o\n"])
            #expect(relayed.near.messages == [Array("one".utf8), Array("two".utf8)])
            try relayed.serverSends("three\n")
            try relayed.loop.run { relayed.far.messages.count == 1 }
            #expect(try relayed.clientReceives() == "three\n")
            #expect(relayed.near.statistics.bytesIn == 8 && relayed.far.statistics.bytesOut == 8)
        }
    }

    @Test func `has it wait, in order, where the other takes no more`() throws {
        try withRelayed { relayed in
            let text = String(repeating: "0123456789abcdef\n", count: 4000)
            var sent = ""
            while relayed.far.fifo.isEmpty {
                try relayed.clientSends(text)
                sent += text
                relayed.loop.settle()
            }
            try relayed.clientSends("the end\n")
            sent += "the end\n"
            var received = ""
            try relayed.loop.run {
                received += try relayed.serverReceives()
                return received.utf8.count >= sent.utf8.count
            }
            #expect(received == sent)
            #expect(relayed.far.fifo.isEmpty)
        }
    }

    @Test func `passes an end that came with the last bytes on before anybody looks at these`() throws {
        try withRelayed { relayed in
            relayed.near.forwardsEnd = true
            var seen: [String] = []
            relayed.near.actions["end"] = { _ in relayed.far.shutdownWriteWhenDone() }
            relayed.near.actions["received"] = { _ in
                seen.append(try relayed.serverReceives())
                seen.append(try relayed.hasServerReachedTheEnd() ? "the end" : "more to come")
            }
            try relayed.clientSends("one\ntwo")
            try relayed.clientEnds()
            try relayed.loop.run { relayed.near.isAtEndOfStream }
            relayed.loop.settle()
            #expect(seen == ["one\ntwo", "the end"])
            #expect(relayed.near.events == ["end"] && relayed.far.events == ["shutdown"])
            #expect(relayed.near.messages == [Array("one".utf8)] && relayed.near.tail == Array("two".utf8))
        }
    }

    @Test func `reads on where more is there than it takes at a time, though the end is seen`() throws {
        try withRelayed { relayed in
            relayed.near.forwardsEnd = true
            relayed.near.inputBufferByteCount = 4
            relayed.near.actions["end"] = { _ in relayed.far.shutdownWriteWhenDone() }
            try relayed.clientSends("one\ntwo\nthree\n")
            try relayed.clientEnds()
            try relayed.loop.run { relayed.near.isAtEndOfStream }
            #expect(try relayed.serverReceives() == "one\ntwo\nthree\n")
            #expect(try relayed.hasServerReachedTheEnd())
            #expect(relayed.near.messages.count == 3 && relayed.near.events == ["end"])
            #expect(relayed.near.readEventCount == 4)
        }
    }

    @Test func `passes on what comes behind an urgent byte, though the end is seen`() throws {
        try withLoopback { loopback in
            let servers = try SocketPair()
            let far = RelayedChannel(loop: loopback.loop, socket: Socket(owning: servers.near.duplicate()))
            let near = loopback.server
            near.staysOpenAtEnd = true
            near.forwardsEnd = true
            near.actions["end"] = { _ in far.shutdownWriteWhenDone() }
            near.forward(to: far)
            loopback.client.push("before")
            #expect(try loopback.client.sendUrgent(UInt8(ascii: "!")))
            loopback.client.push("after\n")
            try loopback.client.shutdownWrite()
            try loopback.loop.run { near.isAtEndOfStream }
            #expect(try servers.far.text() == "beforeafter\n")
            #expect(near.messages == [Array("beforeafter".utf8)])
            near.forward(to: nil)
            far.actions = [:]
        }
    }

    @Test func `is told last that what it reads failed behind the last bytes`() throws {
        try withRelayed { relayed in
            relayed.near.forwardsEnd = true
            relayed.near.failsAfterReads = 1
            relayed.near.actions["disconnect"] = { near in
                #expect(near.messages.count == 1)
                near.close()
            }
            try relayed.clientSends("one\n")
            try relayed.clientEnds()
            try relayed.loop.run { !relayed.near.isOpen }
            #expect(try relayed.serverReceives() == "one\n")
            #expect(relayed.near.disconnections == ["receive"])
        }
    }

    @Test func `that keeps its end to itself is told of it last`() throws {
        try withRelayed { relayed in
            relayed.near.actions["end"] = { near in #expect(near.messages.count == 1) }
            try relayed.clientSends("one\n")
            try relayed.clientEnds()
            try relayed.loop.run { relayed.near.isAtEndOfStream }
            #expect(try relayed.serverReceives() == "one\n")
            #expect(try !relayed.hasServerReachedTheEnd())
        }
    }

    @Test func `may be told another, or none, while it forwards`() throws {
        try withRelayed { relayed in
            let (near, far) = (relayed.near, relayed.far)
            let others = try SocketPair()
            let other = RecordingChannel(loop: relayed.loop, socket: Socket(owning: others.near.duplicate()))
            far.actions["sent"] = { far in
                near.forward(to: other)
                far.actions = [:]
            }
            for text in ["one\n", "two\n", "three\n"] {
                try relayed.clientSends(text)
                relayed.loop.settle()
                if text == "two\n" { near.forward(to: nil) }
            }
            #expect(try relayed.serverReceives() == "one\n")
            #expect(try others.far.text() == "two\n")
            #expect(near.messages.count == 3)
        }
    }

    @Test func `hears to its end what the other could not send, and goes on`() throws {
        let loop = try makeLoop()
        let clients = try SocketPair()
        let near = RecordingChannel(loop: loop, socket: Socket(owning: clients.near.duplicate()))
        let far = try unreadPeerless(on: loop)
        near.setTerminator(.bytes("\n"))
        near.forward(to: far)
        try clients.far.send("one\ntwo\n")
        try loop.run { near.messages.count == 2 }
        #expect(far.disconnections == ["send"])
        #expect(near.isOpen && !far.isOpen)
        try clients.far.send("three\n")
        try loop.run { near.messages.count == 3 }
        #expect(far.waitingByteCount == 14, "what a closed channel is given queues, as does what it could not send")
        near.forward(to: nil)
        loop.closeAll()
    }

    @Test func `is told no more of what it received once the other's failure has closed it`() throws {
        let loop = try makeLoop()
        let clients = try SocketPair()
        let near = RecordingChannel(loop: loop, socket: Socket(owning: clients.near.duplicate()))
        let far = try unreadPeerless(on: loop)
        near.forward(to: far)
        far.actions["close"] = { _ in
            near.forward(to: nil)
            near.close()
        }
        near.actions["received"] = { _ in Issue.record("a closed channel is told what it received") }
        try clients.far.send("one\n")
        try loop.run { !near.isOpen }
        #expect(near.messages.isEmpty && near.tail.isEmpty)
        far.actions = [:]
        loop.closeAll()
    }

    /// A channel whose peer is gone, and that has yet to learn that.
    private func unreadPeerless(on loop: EventLoop) throws -> RecordingChannel {
        let pair = try SocketPair()
        let channel = RecordingChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        channel.isReadable = false
        channel.gathers = true
        return channel
    }

    @Test func `to itself sends back what it gets`() throws {
        try withRelayed { relayed in
            relayed.near.forward(to: relayed.near)
            try relayed.clientSends("echo\n")
            try relayed.loop.run { relayed.near.messages.count == 1 }
            #expect(try relayed.clientReceives() == "echo\n")
        }
    }

    @Test func `holds the other until it is told nil`() throws {
        let loop = try makeLoop()
        let pair = try SocketPair()
        let near = RecordingChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        weak var other: RecordingChannel?
        do {
            let far = RecordingChannel(loop: loop, socket: Socket(owning: pair.far.duplicate()))
            near.forward(to: far)
            other = far
            far.close()
        }
        #expect(other != nil)
        near.forward(to: nil)
        #expect(other == nil)
        near.close()
    }
}
