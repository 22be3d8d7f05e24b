import Glibc
import Testing

@testable import AsyncChat

/// What CPython's own tests leave out and this engine promises; the rest of it is where its subject is (Fixtures/CPYTHON.md).
@Suite(.onEveryBackend) struct `What CPython does not test` {
    /// How much the kernel keeps for a socket each way, about; else it takes more and more.
    private func setKernelRoom(of descriptor: CInt, byteCount: Int) {
        var room = CInt(byteCount)
        for option in [SO_SNDBUF, SO_RCVBUF] {
            setsockopt(descriptor, SOL_SOCKET, option, &room, socklen_t(MemoryLayout<CInt>.size))
        }
    }

    /// Nobody reads meanwhile: the kernel holds all of it.
    private func sendAndClose(_ bytes: [UInt8], to address: SocketAddress) throws {
        let peer = try Socket.stream(for: address)
        try peer.connect(to: address)
        let descriptor = peer.descriptor
        setKernelRoom(of: descriptor, byteCount: bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try rest.withUnsafeBytes { (bytes) throws(SystemError) in try Socket.send(descriptor, bytes) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
        withExtendedLifetime(peer) {}
    }

    /// B1: with poll(2), asyncore closes on the hang-up, and what was unread is lost.
    @Test(arguments: Family.allCases) func `is a peer that closes behind its last hundred thousand bytes`(
        family: Family
    ) throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let listener = RecordingListener(loop: loop)
        try listener.listen(on: family.freeAddress())
        let address = try #require(listener.address)
        defer { if case .unix(let path) = address { UnixSocketFile.remove(path) } }
        listener.onAccepted = {
            $0.setTerminator(.none)
            $0.inputBufferByteCount = 1000
        }
        let sent = counted(100_000)
        try sendAndClose(sent, to: address)
        try loop.run { listener.accepted.first?.isOpen == false }
        #expect(listener.accepted[0].tail == sent)
        #expect(listener.accepted[0].events == ["end", "close"])
    }

    /// B2, with the system's own EMFILE: in a process of its own, whose limit nobody else shares.
    @Test func `is a listener in a process without descriptors left`() async {
        await #expect(processExitsWith: .success) {
            for backend in PollingBackend.allCases {
                let loop = try EventLoop(backend: backend)
                let listener = RecordingListener(loop: loop)
                try listener.listen(on: Family.ipv4.freeAddress())
                let address = listener.address!
                let client = ChatChannel(loop: loop)
                try client.connect(to: address)
                var fillers: [CInt] = []
                while case let filler = dup(0), filler >= 0 { fillers.append(filler) }
                try loop.run { !listener.pauses.isEmpty }
                precondition(listener.pauses.allSatisfy { $0.code == EMFILE })
                precondition(listener.isOpen && listener.accepted.isEmpty && listener.errors.isEmpty)
                fillers.forEach { _ = close($0) }
                try loop.run { listener.accepted.count == 1 }
                precondition(listener.errors.isEmpty)
                loop.closeAll()
            }
        }
    }

    /// B22: a channel whose partner hears slowly stops reading, and no more waits than the mark and what one read brings.
    @Test(arguments: Family.allCases) func `is what a slow reader makes wait`(family: Family) throws {
        final class Half: ChatChannel {
            static let highWater = 20_000
            weak var partner: Half?
            override func readable() -> Bool { (partner?.fifo.byteCount ?? 0) < Self.highWater }
            override func collectIncomingData(_ data: RawSpan) { partner?.push(data) }
            override func handleSent(byteCount: Int) { partner?.interestMayHaveChanged() }
            override func handleEndOfStream() { partner?.shutdownWriteWhenDone() }
        }
        try withLoopback(family) { near in
            try withLoopback(family) { far in
                // A relay of two halves between the server's end of `near` and the client's end of `far`.
                let loop = near.loop
                let left = Half(loop: loop, socket: Socket(owning: fcntl(near.server.descriptor, F_DUPFD_CLOEXEC, 0)))
                near.server.close()
                let right = Half(loop: loop, socket: Socket(owning: fcntl(far.client.descriptor, F_DUPFD_CLOEXEC, 0)))
                far.client.close()
                (left.partner, right.partner) = (right, left)
                for channel in [near.client, left, right, far.server] as [Dispatcher] {
                    setKernelRoom(of: channel.descriptor, byteCount: 50_000)
                }
                let sent = counted(3_000_000).map { $0 == 10 ? 11 : $0 }
                near.client.gathers = true
                near.client.push(sent)
                near.client.shutdownWriteWhenDone()
                // Until the far end reads, the near end must come to wait.
                loop.settle()
                for _ in 0..<200 { loop.turn(timeout: .zero) }
                #expect(near.client.fifo.byteCount > 0)
                let end = ContinuousClock.now + .seconds(20)
                while far.server.isOpen, ContinuousClock.now < end {
                    far.loop.turn(timeout: .zero)
                    loop.turn(timeout: .zero)
                }
                #expect(far.server.tail == sent)
                #expect(right.fifo.highWaterByteCount > 0)
                #expect(right.fifo.highWaterByteCount < Half.highWater + left.inputBufferByteCount)
            }
        }
    }

    /// B13: another thread pushes through the loop's mailbox, while the loop's own thread pushes too.
    @Test(arguments: Family.allCases) func `is a push from another thread`(family: Family) throws {
        try withLoopback(family) { loopback in
            let client = loopback.client
            let push = loopback.loop.callback(repeats: true) { (bytes: [UInt8]) in client.push(bytes) }
            startThread(named: "pusher") {
                for number in 0..<1000 { push(Array("theirs \(number)\n".utf8)) }
            }
            for number in 0..<1000 {
                client.push("ours \(number)\n")
                if number.isMultiple(of: 10) { loopback.loop.turn(timeout: .zero) }
            }
            try loopback.loop.run { loopback.server.messages.count == 2000 }
            let lines = loopback.server.messages.map { String(decoding: $0, as: UTF8.self) }
            #expect(lines.filter { $0.hasPrefix("ours") } == (0..<1000).map { "ours \($0)" })
            #expect(lines.filter { $0.hasPrefix("theirs") } == (0..<1000).map { "theirs \($0)" })
        }
    }
}
