import CAllocationCount
import Glibc
import Testing

@testable import AsyncChat

/// Nothing is allocated per read, per message or per send once a channel has run for a moment.
///
/// Counted by an allocator that stands in front of glibc's: balanced pairs are seen too. A sanitizer brings an allocator of
/// its own; under one these tests say nothing.
@Suite(.enabled(if: allocation_count() >= 0)) struct AllocationTests {
    /// Answers every message with itself and its terminator.
    final class Echo: ChatChannel {
        var messageCount = 0

        override func collectIncomingData(_ data: RawSpan) { push(data) }

        override func foundTerminator() {
            messageCount += 1
            push(Self.lineEnd)
        }

        private static let lineEnd: [UInt8] = [13, 10]
    }

    /// Sends a block of lines over and over, and counts what comes back; makes nothing new for it.
    struct Peer: ~Copyable {
        let socket: Socket
        let block: [UInt8]
        private var buffer = [UInt8](repeating: 0, count: 65536)

        init(socket: consuming Socket, block: [UInt8]) {
            self.socket = socket
            self.block = block
        }

        func sendBlock() -> Int {
            Glibc.send(socket.descriptor, block, block.count, 0)
        }

        mutating func receive() -> Int {
            max(0, Glibc.recv(socket.descriptor, &buffer, buffer.count, 0))
        }
    }

    /// A client that sends single bytes to a server that is slow to take them makes a long FIFO: when it copied what still waited
    /// for each item sent, it held the loop up for seconds.
    @Test func `a long FIFO is drained without copying what still waits`() {
        var fifo = ProducerFIFO()
        for byte in 0..<1000 { fifo.push(.bytes([UInt8(truncatingIfNeeded: byte)])) }
        let before = allocation_count()
        for _ in 0..<1000 { fifo.sent(1) }
        // The FIFO moves what is left to its front now and then.
        #expect(allocation_count() - before < 100)
        #expect(fifo.isEmpty)
    }

    @Test func `the count sees what is allocated`() {
        let before = allocation_count()
        let bytes = [UInt8](repeating: 1, count: Int(getpid() & 1) + 4096)
        #expect(allocation_count() > before)
        #expect(bytes.count >= 4096)
    }

    @Test(arguments: PollingBackend.allCases)
    func `a million messages, read, cut and answered, allocate nothing`(backend: PollingBackend) throws {
        let loop = try EventLoop(backend: backend)
        var ends: (CInt, CInt) = (-1, -1)
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        withUnsafeMutableBytes(of: &ends) {
            #expect(socketpair(AF_UNIX, type, 0, $0.baseAddress!.assumingMemoryBound(to: CInt.self)) == 0)
        }
        let echo = Echo(loop: loop, socket: Socket(owning: ends.0))
        echo.setTerminator(.bytes("\r\n"))
        defer { loop.closeAll() }
        let lines = Array(repeating: Array("message\r\n".utf8), count: 100).flatMap(\.self)
        var peer = Peer(socket: Socket(owning: ends.1), block: lines)
        func exchange(messages: Int) {
            let goal = echo.messageCount + messages
            while echo.messageCount < goal {
                precondition(peer.sendBlock() == lines.count, "the socket takes a block")
                var expected = lines.count
                while expected > 0 {
                    loop.turn(timeout: .seconds(10))
                    expected -= peer.receive()
                }
            }
        }
        exchange(messages: 1000)
        let before = allocation_count()
        exchange(messages: 1_000_000)
        #expect(allocation_count() - before == 0)
    }
}
