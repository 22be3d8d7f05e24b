import Testing

@testable import AsyncChat

@Suite(.onEveryBackend) struct `What a channel sends` {
    /// A channel whose socket takes only what a test lets it.
    final class Throttled: ChatChannel {
        /// How much each send may take; a send after the last takes nothing.
        var room: [Int] = []
        var sends = 0
        var wire: [UInt8] = []
        var onSend: (() -> Void)?

        override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
            sends += 1
            let count = min(bytes.count, room.isEmpty ? 0 : room.removeFirst())
            wire += bytes.prefix(count)
            onSend?()
            return count
        }

        func push(lent bytes: [UInt8]) {
            push(bytes.span.bytes)
        }

        func writeEvent() {
            serve(.write, watchedFor: .write)
        }
    }

    /// A producer of scripted pieces.
    final class Script: Producer {
        var pieces: [[UInt8]]
        var onMore: (() throws -> Void)?
        var asked = 0
        init(_ pieces: [[UInt8]]) { self.pieces = pieces }
        func more() throws -> [UInt8]? {
            asked += 1
            try onMore?()
            return pieces.isEmpty ? nil : pieces.removeFirst()
        }
    }

    private let loop: EventLoop
    private let channel: Throttled

    init() throws {
        loop = try makeLoop()
        // The socket is never used: `send` is scripted.
        channel = Throttled(loop: loop, socket: try Socket.stream(for: .unix("")))
    }

    @Test(arguments: [false, true], 1...30) func `keeps its order however little the kernel takes`(
        gathers: Bool,
        seed: UInt64
    ) {
        defer { loop.closeAll() }
        var random = SplitMix(seed: seed)
        channel.gathers = gathers
        channel.outputBufferByteCount = Int.random(in: 1...40, using: &random)
        var pushed: [UInt8] = []
        while pushed.count < 3000 {
            let bytes = (0..<Int.random(in: 0...90, using: &random)).map {
                UInt8(truncatingIfNeeded: pushed.count + $0)
            }
            channel.room = (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0...60, using: &random)
            }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: channel.push(bytes)
            case 1, 2: channel.push(bytes.span.bytes)
            case 3: channel.pushWithProducer(SimpleProducer(bytes, pieceByteCount: 7))
            default: channel.pushWithProducer(bytes)
            }
            pushed += bytes
            if Bool.random(using: &random) { channel.writeEvent() }
        }
        while !channel.fifo.isEmpty {
            channel.room = [Int.random(in: 1...60, using: &random)]
            channel.writeEvent()
        }
        #expect(channel.wire == pushed)
        #expect(channel.fifo.byteCount == 0)
        #expect(channel.statistics.bytesOut == Int64(pushed.count))
    }

    /// The bytes that the socket took are those it was given, not those that are the oldest afterwards.
    @Test(arguments: [false, true]) func `is not mixed up with what a send throws away and pushes anew`(gathers: Bool) {
        defer { loop.closeAll() }
        channel.gathers = gathers
        channel.push([1, 1, 1, 1])
        channel.room = [2]
        channel.onSend = { [channel] in
            channel.onSend = nil
            channel.discardOutput()
            channel.push([2, 2, 2, 2])
        }
        channel.writeEvent()
        #expect(channel.wire == [1, 1])
        #expect(channel.fifo.byteCount == 4)
        channel.room = [4]
        channel.writeEvent()
        #expect(channel.wire == [1, 1, 2, 2, 2, 2])
        #expect(channel.fifo.isEmpty)
    }

    @Test func `goes out together from a channel that gathers, one send per event from another`() {
        defer { loop.closeAll() }
        for bytes in [[1], [2], [3]] as [[UInt8]] { channel.push(bytes) }
        #expect(channel.fifo.count == 3)
        channel.room = [9, 9, 9]
        channel.writeEvent()
        #expect(channel.wire == [1])
        channel.gathers = true
        channel.writeEvent()
        #expect(channel.wire == [1, 2, 3])
    }

    @Test func `is not tried again by a gathering push while the kernel is full`() {
        defer { loop.closeAll() }
        channel.gathers = true
        channel.push(lent: [1, 2])
        #expect(channel.sends == 1)
        channel.push(lent: [3])
        #expect(channel.sends == 1)
        #expect(channel.fifo.byteCount == 3)
    }

    @Test func `never has bytes pushed during a send get in between`() {
        defer { loop.closeAll() }
        for gathers in [false, true] {
            channel.gathers = gathers
            channel.wire = []
            channel.room = [2]
            channel.onSend = { [channel] in
                channel.onSend = nil
                channel.push([9])
                channel.push(lent: [8])
            }
            channel.push(lent: [1, 2, 3, 4])
            while !channel.fifo.isEmpty {
                channel.room = [1]
                channel.writeEvent()
            }
            #expect(channel.wire == [1, 2, 3, 4, 9, 8])
        }
    }

    @Test func `of a producer waits for the chunk before it`() {
        defer { loop.closeAll() }
        let script = Script([[1, 2, 3], [4]])
        channel.room = [1]
        channel.pushWithProducer(script)
        #expect(script.asked == 1)
        #expect(channel.fifo.count == 2)
        channel.room = [1]
        channel.writeEvent()
        #expect(script.asked == 1)
        channel.room = [9]
        channel.writeEvent()
        channel.room = [9]
        channel.writeEvent()
        #expect(channel.wire == [1, 2, 3, 4])
    }

    @Test func `from inside a producer comes after the producer's own`() {
        defer { loop.closeAll() }
        let script = Script([[1], [2]])
        script.onMore = { [channel] in
            script.onMore = nil
            channel.push([9])
        }
        channel.room = Array(repeating: 9, count: 9)
        channel.pushWithProducer(script)
        while !channel.fifo.isEmpty { channel.writeEvent() }
        #expect(channel.wire == [1, 2, 9])
    }

    @Test func `of a producer that throws is an error of the next write event, and the producer stays`() {
        defer { loop.closeAll() }
        var reported = 0
        loop.reportError = { _, _ in reported += 1 }
        let script = Script([])
        script.onMore = { throw NeverHappened() }
        channel.pushWithProducer(script)
        #expect(reported == 0 && channel.isOpen)
        #expect(channel.interest.contains(.write))
        channel.writeEvent()
        #expect(reported == 1 && !channel.isOpen)
        #expect(channel.fifo.count == 1)
    }

    @Test func `of a producer that discards everything is discarded too`() {
        defer { loop.closeAll() }
        let script = Script([[1]])
        script.onMore = { [channel] in channel.discardBuffers() }
        channel.room = [9]
        channel.pushWithProducer(script)
        #expect(channel.fifo.isEmpty && channel.wire.isEmpty)
    }

    @Test func `may be discarded by a producer's own end`() {
        final class Dying: Producer {
            let channel: ChatChannel
            init(_ channel: ChatChannel) { self.channel = channel }
            func more() -> [UInt8]? { nil }
            deinit { channel.push([7]) }
        }
        defer { loop.closeAll() }
        channel.push([1])
        channel.pushWithProducer(Dying(channel))
        channel.discardBuffers()
        #expect(channel.fifo.byteCount == 1)
    }

    @Test func `ends with the close marker, at a write event`() {
        defer { loop.closeAll() }
        channel.push([1])
        channel.closeWhenDone()
        channel.room = [9]
        channel.writeEvent()
        #expect(channel.isOpen)
        channel.writeEvent()
        #expect(!channel.isOpen)
        #expect(channel.wire == [1])
    }

    @Test func `keeps nothing once all is sent`() {
        defer { loop.closeAll() }
        channel.push(counted(1000))
        channel.room = [400, 600]
        channel.writeEvent()
        channel.writeEvent()
        #expect(channel.fifo.isEmpty)
        #expect(channel.fifo.highWaterByteCount == 1000)
        #expect(!channel.interest.contains(.write))
    }

    @Test func `survives a slow reader, in order and counted`() throws {
        defer { loop.closeAll() }
        try withLoopback { loopback in
            let bytes = counted(400_000).map { $0 == 10 ? 11 : $0 }
            loopback.server.isReadable = false
            loopback.server.interestMayHaveChanged()
            loopback.client.gathers = true
            for start in stride(from: 0, to: bytes.count, by: 997) {
                let piece = Array(bytes[start...].prefix(997))
                loopback.client.push(piece.span.bytes)
                if start % 10 == 0 { loopback.loop.turn(timeout: .zero) }
            }
            loopback.client.shutdownWriteWhenDone()
            loopback.server.isReadable = true
            loopback.server.interestMayHaveChanged()
            try loopback.loop.run { !loopback.server.isOpen }
            #expect(loopback.server.tail == bytes)
            #expect(loopback.client.statistics.bytesOut == 400_000)
            #expect(loopback.server.statistics.bytesIn == 400_000)
        }
    }
}
