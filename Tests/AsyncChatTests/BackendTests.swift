import Glibc
import Testing

@testable import AsyncChat

/// What channels see is the same with epoll(7) and poll(2).
@Suite struct `A polling backend` {
    @Test(.onEveryBackend) func `is the one asked for`() throws {
        let poller = try EveryBackend.current.makePoller()
        switch EveryBackend.current {
        case .epoll: #expect(poller is EpollPoller)
        case .poll: #expect(poller is PollPoller)
        }
    }

    @Test func `is each of them once, for a test that is to run on every one`() async throws {
        let log = LoopLog()
        try await EveryBackend().provideScope(for: #require(Test.current), testCase: Test.Case.current) {
            log.append(EveryBackend.current)
        }
        #expect(log.backends == PollingBackend.allCases)
    }

    /// The same peers do the same things at the same moments, chosen at random: reading, writing, closing, half-closing, in
    /// callbacks and between them.
    @Test(arguments: 1...60) func `calls every channel as the others do`(seed: UInt64) throws {
        let traces = try PollingBackend.allCases.map { backend in
            try Schedule(seed: seed).traces(backend: backend)
        }
        #expect(traces[0].joined().count > 60, "the schedule does something")
        #expect(Set(traces.map(\.count)).count == 1)
        for channel in traces[0].indices where traces.allSatisfy({ channel < $0.count }) {
            for other in traces.dropFirst() {
                let same = zip(other[channel], traces[0][channel]).prefix { $0 == $1 }.count
                #expect(other[channel].dropFirst(same).first == traces[0][channel].dropFirst(same).first)
            }
        }
    }
}

/// Which backends were used; filled from a closure that might run elsewhere.
private final class LoopLog: Sendable {
    private let seen = BlockingQueue<PollingBackend>()

    func append(_ backend: PollingBackend) { seen.push(backend) }

    var backends: [PollingBackend] {
        seen.close()
        var all: [PollingBackend] = []
        while let backend = seen.pop() { all.append(backend) }
        return all
    }
}

/// Writes down each of its callbacks, and behaves as its messages tell it.
private final class TracedChannel: ChatChannel {
    private(set) var trace: [String] = []
    private var message: [UInt8] = []
    private var isReadable = true
    /// Another channel, for what one does to another.
    weak var neighbour: TracedChannel?

    init(loop: EventLoop, socket: consuming Socket) {
        super.init(loop: loop, socket: socket)
        inputBufferByteCount = 64
        outputBufferByteCount = 48
        setTerminator(.bytes("\r\n"))
    }

    override func readable() -> Bool { isReadable }

    func toggleReadable() {
        isReadable.toggle()
        interestMayHaveChanged()
    }

    override func collectIncomingData(_ data: RawSpan) throws {
        data.withUnsafeBytes {
            message += $0
            trace.append("collect \(Array($0))")
        }
        if message.first == UInt8(ascii: "t"), message.count > 3 { throw NeverHappened() }
    }

    override func foundTerminator() throws {
        trace.append("found \(terminator)")
        switch message.first {
        case UInt8(ascii: "e"): push(message)
        case UInt8(ascii: "p"): pushWithProducer(SimpleProducer(message + message, pieceByteCount: 5))
        case UInt8(ascii: "n"): setTerminator(.count(7))
        case UInt8(ascii: "w"): closeWhenDone()
        case UInt8(ascii: "h"): shutdownWriteWhenDone()
        case UInt8(ascii: "c"): close()
        // In which order a turn serves those that are ready is nobody's promise, so this waits until it has.
        case UInt8(ascii: "k"): loop.schedule(after: .zero) { [weak neighbour] in neighbour?.close() }
        case UInt8(ascii: "f"): throw NeverHappened()
        default: setTerminator(.bytes("\r\n"))
        }
        message = []
    }

    override func handleWrite() throws {
        trace.append("write")
        try super.handleWrite()
    }

    override func handleSent(byteCount: Int) { trace.append("sent \(byteCount)") }

    override func handleEndOfStream() {
        trace.append("end, held \(pendingInput)")
        if message.count.isMultiple(of: 2) { super.handleEndOfStream() } else { closeWhenDone() }
    }

    override func handleWriteShutdown() { trace.append("shutdown") }

    override func handleDisconnect(_ error: SystemError) {
        trace.append("disconnect \(error.symbol)")
        super.handleDisconnect(error)
    }

    override func handleClose() {
        trace.append("close, held \(pendingInput), waiting \(fifo.byteCount)")
        super.handleClose()
    }

    override func handleError(_ error: any Error) {
        trace.append("error \(error)")
        super.handleError(error)
    }
}

/// A random play of peers against channels: what each channel then heard.
private struct Schedule {
    private var random: SplitMix
    /// What messages are made of: whole terminators and parts of them, much that means nothing, little that closes.
    private let words =
        Array(repeating: ["e", "p", "n", "\r", "\n", "\r\n", "\r\n\r\n", "text", "."], count: 12).joined()
        + ["w", "h", "c", "k", "f", "t"]

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// One trace per channel.
    func traces(backend: PollingBackend) throws -> [[String]] {
        var play = self
        return try play.run(on: EventLoop(backend: backend))
    }

    private mutating func run(on loop: EventLoop) throws -> [[String]] {
        loop.reportError = { _, _ in }
        defer { loop.closeAll() }
        var pairs = try (0..<6).map { _ in try connect(on: loop) }
        var all = pairs.map(\.channel)
        for _ in 0..<200 {
            let one = Int.random(in: pairs.indices, using: &random)
            if !pairs[one].channel.isOpen {
                // A new connection, which gets the old one's descriptor numbers.
                pairs[one] = try connect(on: loop)
                all.append(pairs[one].channel)
            }
            pairs[one].channel.neighbour = pairs[(one + 1) % pairs.count].channel
            step(pairs[one].channel, pairs[one].peer)
            // Up to a few steps happen within one turn.
            if Bool.random(using: &random) || Bool.random(using: &random) { loop.turn(timeout: .zero) }
        }
        for _ in 0..<50 { loop.turn(timeout: .zero) }
        return all.map(\.trace)
    }

    private func connect(on loop: EventLoop) throws -> (channel: TracedChannel, peer: Peer) {
        let pair = try SocketPair()
        let channel = TracedChannel(loop: loop, socket: Socket(owning: pair.near.duplicate()))
        return (channel, Peer(descriptor: pair.far.duplicate()))
    }

    private mutating func step(_ channel: TracedChannel, _ peer: Peer) {
        switch Int.random(in: 0..<32, using: &random) {
        case 0..<16: peer.send(text(atMost: 40))
        case 16..<18: peer.send(text(atMost: 400))
        case 18..<23: peer.receive()
        case 23..<26: channel.push(text(atMost: 100))
        case 26: channel.pushWithProducer(SimpleProducer(text(atMost: 300), pieceByteCount: 30))
        case 27..<30: channel.toggleReadable()
        case 30: peer.shutdownWrite()
        default: peer.close()
        }
    }

    private mutating func text(atMost byteCount: Int) -> [UInt8] {
        var text: [UInt8] = []
        let goal = Int.random(in: 1...byteCount, using: &random)
        while text.count < goal { text += Array(words.randomElement(using: &random)!.utf8) }
        return text
    }

    /// The far end of a channel.
    private final class Peer {
        private var descriptor: CInt

        init(descriptor: CInt) { self.descriptor = descriptor }

        deinit { close() }

        func send(_ bytes: [UInt8]) {
            _ = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
        }

        func receive() {
            var buffer = [UInt8](repeating: 0, count: 100)
            _ = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        }

        func shutdownWrite() { _ = shutdown(descriptor, CInt(SHUT_WR)) }

        /// Another test may be starting a process, which for a moment has this descriptor too: what the channel is to hear
        /// must not wait for the last one to be closed.
        func close() {
            guard descriptor >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65536)
            while recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT)) > 0 {}
            _ = shutdown(descriptor, CInt(SHUT_RDWR))
            _ = Glibc.close(descriptor)
            descriptor = -1
        }
    }
}
