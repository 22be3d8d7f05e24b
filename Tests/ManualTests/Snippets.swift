import AsyncChat
import Glibc
import Testing

// The pieces of Swift that the manual shows outside its programs: here they are compiled, and run where that says more.

// MARK: - README.md

/// Answers every line with itself, in capitals.
final class Shouter: ChatChannel {
    private var line: [UInt8] = []

    override init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress?) {
        super.init(loop: loop, socket: socket, peer: peer)
        setTerminator(.bytes("\r\n"))
    }

    override func collectIncomingData(_ data: RawSpan) {
        data.withUnsafeBytes { line.append(contentsOf: $0) }
    }

    override func foundTerminator() {
        push(Array("\(String(decoding: line, as: UTF8.self).uppercased())\r\n".utf8))
        line = []
    }
}

final class ShoutingServer: Dispatcher {
    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        _ = Shouter(loop: loop, socket: socket, peer: peer)
    }
}

// MARK: - terminators.md

@Test func `The manual's scanner finds lines however they are cut`() {
    func lines(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var scanner = TerminatorScanner(.bytes("\r\n"))
        var (held, line, lines) = ([UInt8](), [UInt8](), [[UInt8]]())
        for piece in pieces {
            let buffer = held + piece
            held = []
            var position = 0
            while position < buffer.count {
                switch scanner.step(in: buffer.span.bytes, from: position) {
                case .collect(let range, let heldByteCount):
                    line += buffer[range]
                    position = range.upperBound + heldByteCount
                    held = Array(buffer[range.upperBound...])
                case .message(let range, let terminatorByteCount):
                    lines.append(line + buffer[range])
                    line = []
                    position = range.upperBound + terminatorByteCount
                }
            }
        }
        return lines
    }
    let text = Array("one\r\ntwo\r\r\n\r\n".utf8)
    #expect(lines([text]) == [Array("one".utf8), Array("two\r".utf8), []])
    #expect(lines(text.map { [$0] }) == lines([text]))
}

// MARK: - flow.md

/// One half of a relay: what it receives its partner sends. Nothing is read that the partner could not keep.
final class RelayHalf: ChatChannel {
    private static let highWater = 256 << 10
    private weak var partner: RelayHalf?
    private var hasSaidAll = false

    func join(_ partner: RelayHalf) {
        self.partner = partner
        forward(to: partner)
    }

    override func readable() -> Bool { (partner?.fifo.byteCount ?? 0) < Self.highWater }

    /// There is room again: the partner's answer to `readable` may have changed.
    override func handleSent(byteCount: Int) { partner?.interestMayHaveChanged() }

    override func handleEndOfStream() { partner?.shutdownWriteWhenDone() }

    /// Both directions are over once both halves have said all that they had to.
    override func handleWriteShutdown() {
        hasSaidAll = true
        if partner?.hasSaidAll == true { endChannel() }
    }

    /// Whatever ends one half ends the other.
    override func handleClose() {
        forward(to: nil)
        close()
        partner?.endChannel()
    }
}

// MARK: - loop.md

/// Standard input as a channel. It shares its open file with whoever else has it, so it gets a descriptor of its own.
final class StandardInput: ChatChannel {
    init(on loop: EventLoop) throws(SystemError) {
        super.init(loop: loop, file: try OpenFile(duplicating: STDIN_FILENO))
    }

    override func writable() -> Bool { false }
}

/// A clock that stands still until a test turns it.
final class HandClock: LoopClock {
    private var instant = LoopInstant(nanoseconds: 0)

    func advance(by duration: Duration) { instant = instant + duration }
    func monotonic() -> LoopInstant { instant }
    func realTimeNanoseconds() -> Int64 { instant.nanoseconds }
}

/// Reads what a test says and remembers what is sent: the channel's whole world without a peer.
final class ScriptedChannel: ChatChannel {
    var toRead: [[UInt8]] = []
    var sent: [UInt8] = []

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        guard !toRead.isEmpty else { return .wouldBlock }
        let bytes = toRead.removeFirst()
        buffer.copyBytes(from: bytes)
        return .bytes(bytes.count)
    }

    override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        sent += Array(bytes)
        return bytes.count
    }
}

@Suite struct `The manual's pieces` {
    @Test func `answer in capitals`() throws {
        let loop = try EventLoop()
        let server = ShoutingServer(loop: loop)
        try server.listen(on: .loopback(port: 0))
        let client = Listener(loop: loop)
        try client.connect(to: try #require(server.address))
        client.push(Array("hello\r\nyou\r\n".utf8))
        for _ in 0..<1000 where client.heard.count < 12 { loop.turn(timeout: .milliseconds(10)) }
        #expect(String(decoding: client.heard, as: UTF8.self) == "HELLO\r\nYOU\r\n")
        loop.closeAll()
    }

    @Test func `relay both ways, and the ends of both streams`() throws {
        let loop = try EventLoop()
        let (left, right) = (try Pair(), try Pair())
        let near = RelayHalf(loop: loop, socket: Socket(owning: left.ours))
        let far = RelayHalf(loop: loop, socket: Socket(owning: right.ours))
        near.join(far)
        far.join(near)
        let text = Array(repeating: UInt8(ascii: "x"), count: 1_000_000)
        let (sender, receiver) = (
            Listener(loop: loop, socket: Socket(owning: left.theirs)),
            Listener(loop: loop, socket: Socket(owning: right.theirs))
        )
        sender.push(text)
        sender.shutdownWriteWhenDone()
        for _ in 0..<10000 where !receiver.isAtEndOfStream {
            loop.turn(timeout: .milliseconds(10))
            #expect(far.fifo.byteCount <= (256 << 10) + 65536)
        }
        #expect(receiver.heard == text)
        receiver.push(Array("thanks".utf8))
        receiver.shutdownWriteWhenDone()
        for _ in 0..<1000 where !sender.isAtEndOfStream { loop.turn(timeout: .milliseconds(10)) }
        #expect(sender.heard == Array("thanks".utf8))
        #expect(!near.isOpen && !far.isOpen)
        loop.closeAll()
    }

    @Test func `script a channel and turn its clock`() throws {
        let clock = HandClock()
        let loop = try EventLoop(clock: clock)
        var rings = 0
        loop.schedule(after: .seconds(60)) { rings += 1 }
        loop.turn(timeout: .zero)
        #expect(rings == 0)
        clock.advance(by: .seconds(60))
        loop.turn(timeout: .zero)
        #expect(rings == 1)

        let channel = ScriptedChannel(loop: loop, socket: Socket(owning: try Pair().ours))
        channel.toRead = [[1, 2, 3]]
        try channel.handleRead()
        #expect(channel.statistics.bytesIn == 3)
        channel.push([4, 5])
        #expect(channel.sent == [4, 5])
        channel.close()
    }
}

/// Keeps what it hears, to the end.
private final class Listener: ChatChannel {
    var heard: [UInt8] = []

    override func handleReceived(_ bytes: RawSpan) { bytes.withUnsafeBytes { heard.append(contentsOf: $0) } }
    override func handleEndOfStream() {}
}

/// Two connected descriptors, whose owners are named by who wraps them.
private struct Pair {
    let ours: CInt
    let theirs: CInt

    init() throws {
        var descriptors: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &descriptors) == 0 else {
            throw SystemError(doing: "make a pair of sockets", code: errno)
        }
        (ours, theirs) = (descriptors[0], descriptors[1])
    }
}
