import Glibc
import Testing

@testable import AsyncChat

@Suite(.onEveryBackend) struct `A connection` {
    @Test(arguments: Family.allCases) func `carries messages both ways`(family: Family) throws {
        try withLoopback(family) { loopback in
            loopback.server.actions["found"] = { $0.push($0.messages.last! + Array("!\n".utf8)) }
            loopback.client.push("one\ntw")
            loopback.client.push("o\n\n")
            try loopback.loop.run { loopback.client.messages.count == 3 }
            #expect(loopback.client.messages.map { String(decoding: $0, as: UTF8.self) } == ["one!", "two!", "!"])
        }
    }

    @Test(arguments: Family.allCases, [1, 2, 3, 7]) func `finds terminators whatever the reads are`(
        family: Family,
        byteCount: Int
    ) throws {
        try withLoopback(family) { loopback in
            for terminator: Delimiter in ["\n", "\r\n", "qqq"] {
                loopback.server.inputBufferByteCount = byteCount
                loopback.server.setTerminator(.bytes(terminator))
                loopback.server.messages = []
                loopback.client.push(Array("hello".utf8) + terminator.bytes + Array("wor".utf8))
                loopback.client.push(Array("ld".utf8) + terminator.bytes)
                try loopback.loop.run { loopback.server.messages.count == 2 }
                #expect(loopback.server.messages == ["hello", "world"].map { Array($0.utf8) })
            }
        }
    }

    /// Transfers as every channel does, and writes down that it was asked to.
    private final class Asked: RecordingChannel {
        var transfers: [String] = []
        private let isPlain: Bool

        init(loop: EventLoop, socket: consuming Socket, isPlain: Bool) {
            self.isPlain = isPlain
            super.init(loop: loop, socket: socket)
        }

        override var receivesAndSendsPlainly: Bool { isPlain }

        override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
            transfers.append("recv")
            return try super.recv(into: buffer)
        }

        override func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
            transfers.append("send")
            return try super.send(bytes)
        }
    }

    @Test(arguments: [false, true]) func `is transferred by its own methods, unless it says that they are plain`(
        isPlain: Bool
    ) throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let pair = try SocketPair()
        let channel = Asked(loop: loop, socket: pair.near, isPlain: isPlain)
        try pair.far.send("to it")
        loop.turn(timeout: .seconds(5))
        #expect(channel.tail == Array("to it".utf8))
        channel.push(Array("from it".utf8))
        var answer = [UInt8](repeating: 0, count: 100)
        let far = pair.far.descriptor
        let outcome = try answer.withUnsafeMutableBytes { try Socket.receive(far, into: $0) }
        #expect(outcome == .bytes(7) && answer.starts(with: Array("from it".utf8)))
        #expect(channel.transfers == (isPlain ? [] : ["recv", "send"]))
    }

    @Test func `is not received from while there is no room for what comes`() throws {
        try withLoopback { loopback in
            loopback.server.hasRoom = false
            loopback.client.push("one\n")
            try loopback.loop.run { loopback.server.readEventCount > 2 }
            #expect(loopback.server.statistics.reads == 0)
            loopback.server.hasRoom = true
            try loopback.loop.run { loopback.server.messages.count == 1 }
        }
    }

    @Test(arguments: Family.allCases) func `knows both its addresses and its states`(family: Family) throws {
        let loopback = try Loopback(family)
        defer { loopback.end() }
        #expect(!loopback.client.isOpen && !loopback.client.isConnected)
        #expect(loopback.listener.isListening && !loopback.listener.isConnected)
        #expect(loopback.listener.description == "RecordingListener listening \(loopback.listener.address!)")
        try loopback.client.connect(to: loopback.listener.address!)
        #expect(loopback.client.isConnecting && !loopback.client.isConnected)
        try loopback.loop.run { loopback.client.isConnected && !loopback.listener.accepted.isEmpty }
        #expect(!loopback.client.isConnecting)
        #expect(loopback.client.events == ["connect"])
        #expect(loopback.client.address == loopback.listener.address)
        #expect(try loopback.server.localAddress() == loopback.listener.address)
        if family != .unix { #expect(try loopback.server.address == loopback.client.localAddress()) }
        loopback.server.close()
        try loopback.loop.run { !loopback.client.isOpen }
        #expect(!loopback.client.isConnected)
        #expect(loopback.client.events == ["connect", "end", "close"])
    }

    @Test func `is not inherited by children and never blocks`() throws {
        let socket = try Socket.stream(for: Family.ipv4.freeAddress())
        #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0)
        try withLoopback { loopback in
            #expect(fcntl(loopback.server.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(loopback.server.descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
    }

    @Test(arguments: [Family.ipv4, .ipv6]) func `that is refused is one error, told by the loop`(family: Family) throws
    {
        let loopback = try Loopback(family)
        defer { loopback.end() }
        let address = try #require(loopback.listener.address)
        loopback.listener.close()
        try loopback.client.connect(to: address)
        #expect(loopback.client.events.isEmpty)
        try loopback.loop.run { !loopback.client.isOpen }
        loopback.loop.settle()
        #expect(loopback.client.events == ["error", "close"])
        #expect("\(loopback.client.errors[0])" == "connect \(address): Connection refused (ECONNREFUSED)")
    }

    @Test func `to a Unix socket that nobody listens on is refused at once`() throws {
        let loopback = try Loopback(.unix)
        defer { loopback.end() }
        let address = try #require(loopback.listener.address)
        loopback.listener.close()
        let error = #expect(throws: SystemError.self) { try loopback.client.connect(to: address) }
        #expect(error?.code == ECONNREFUSED)
        #expect(!loopback.client.isOpen && loopback.client.events.isEmpty)
    }

    @Test func `to a Unix socket with a full backlog is a failure, not progress`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let listener = Dispatcher(loop: loop)
        let address = Family.unix.freeAddress()
        try listener.listen(on: address, backlog: 0)
        defer { if case .unix(let path) = address { UnixSocketFile.remove(path) } }
        var clients: [ChatChannel] = []
        let error = #expect(throws: SystemError.self) {
            for _ in 0..<10 {
                let client = ChatChannel(loop: loop)
                try client.connect(to: address)
                clients.append(client)
            }
        }
        #expect(error?.code == EAGAIN)
        #expect(clients.count < 10)
    }

    @Test(arguments: Family.allCases) func `tells a reset from an end`(family: Family) throws {
        guard family != .unix else { return }
        try withLoopback(family) { loopback in
            loopback.client.resetOnClose()
            loopback.client.close()
            try loopback.loop.run { !loopback.server.isOpen }
            #expect(loopback.server.events == ["disconnect", "close"])
            #expect(loopback.server.disconnections == ["receive"])
        }
    }

    @Test(arguments: Family.allCases) func `delivers what came before a hang-up, all of it`(family: Family) throws {
        try withLoopback(family) { loopback in
            let bytes = counted(150_000).map { $0 == 10 ? 11 : $0 }
            loopback.server.inputBufferByteCount = 4096
            loopback.server.isReadable = false
            loopback.server.interestMayHaveChanged()
            loopback.client.gathers = true
            loopback.client.push(bytes)
            loopback.client.closeWhenDone()
            loopback.loop.settle()
            loopback.server.isReadable = true
            loopback.server.interestMayHaveChanged()
            try loopback.loop.run { !loopback.server.isOpen }
            #expect(loopback.server.tail == bytes)
            #expect(loopback.server.events == ["end", "close"])
        }
    }

    @Test(arguments: Family.allCases) func `goes on one way after the other ended`(family: Family) throws {
        try withLoopback(family) { loopback in
            loopback.server.staysOpenAtEnd = true
            loopback.client.push("question\nand a tail")
            loopback.client.shutdownWriteWhenDone()
            try loopback.loop.run { loopback.server.isAtEndOfStream }
            #expect(loopback.client.events == ["connect", "shutdown"])
            #expect(loopback.server.tail == Array("and a tail".utf8))
            loopback.server.push(counted(3_000_000).map { $0 == 10 ? 11 : $0 } + [10])
            loopback.server.closeWhenDone()
            try loopback.loop.run { !loopback.client.isOpen }
            #expect(loopback.client.messages.map(\.count) == [3_000_000])
            #expect(loopback.client.events == ["connect", "shutdown", "end", "close"])
            #expect(loopback.server.events == ["end", "close"])
        }
    }

    @Test(arguments: Family.allCases) func `delivers all after our own end was sent, hang-up or not`(family: Family)
        throws
    {
        try withLoopback(family) { loopback in
            loopback.client.shutdownWriteWhenDone()
            loopback.server.staysOpenAtEnd = true
            try loopback.loop.run { loopback.server.isAtEndOfStream }
            loopback.client.isReadable = false
            loopback.client.interestMayHaveChanged()
            loopback.client.inputBufferByteCount = 1000
            loopback.server.gathers = true
            loopback.server.push(counted(40_000).map { $0 == 10 ? 11 : $0 })
            loopback.server.closeWhenDone()
            try loopback.loop.run { !loopback.server.isOpen }
            loopback.client.isReadable = true
            loopback.client.interestMayHaveChanged()
            try loopback.loop.run { !loopback.client.isOpen }
            #expect(loopback.client.tail.count == 40_000)
            #expect(loopback.client.events == ["connect", "shutdown", "end", "close"])
        }
    }

    @Test(arguments: Family.allCases) func `to a peer that is gone ends once, without an error`(family: Family) throws {
        try withLoopback(family) { loopback in
            loopback.server.isReadable = false
            loopback.server.interestMayHaveChanged()
            loopback.client.close()
            for _ in 0..<100 where loopback.server.isOpen {
                loopback.server.push("are you there?\n")
                loopback.loop.turn(timeout: .milliseconds(1))
            }
            #expect(loopback.server.events == ["disconnect", "close"])
            #expect(loopback.server.errors.isEmpty)
            #expect(loopback.server.disconnections == ["send"])
        }
    }

    @Test func `offers what was held back to a handler of the end`() throws {
        try withLoopback { loopback in
            loopback.server.setTerminator(.bytes("\r\n"))
            var pending: [UInt8] = []
            loopback.server.actions["close"] = { pending = $0.pendingInput }
            loopback.client.push("half\r")
            loopback.client.closeWhenDone()
            try loopback.loop.run { !loopback.server.isOpen }
            #expect(loopback.server.tail == Array("half".utf8))
            #expect(pending == Array("\r".utf8))
        }
    }

    @Test func `sees nothing of what it took out of its input at the end`() throws {
        try withLoopback { loopback in
            loopback.server.setTerminator(.bytes("\r\n"))
            loopback.server.staysOpenAtEnd = true
            loopback.server.actions["end"] = { $0.discardInput() }
            loopback.client.push("half\r")
            try loopback.loop.run { loopback.server.pendingInputByteCount == 1 }
            // Another channel receives into the same memory meanwhile.
            loopback.server.push("zzzz\n")
            try loopback.loop.run { loopback.client.messages.count == 1 }
            loopback.client.shutdownWriteWhenDone()
            try loopback.loop.run { loopback.server.isAtEndOfStream }
            #expect(loopback.server.tail == Array("half".utf8))
            #expect(loopback.server.pendingInput.isEmpty)
        }
    }
}

@Suite(.onEveryBackend) struct `A listener` {
    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM]) func `rests when the system is out of something, then goes on`(
        code: CInt
    ) throws {
        let clock = ManualClock()
        let loopback = try Loopback(.ipv4, clock: clock)
        defer { loopback.end() }
        loopback.listener.failures = [code]
        try loopback.client.connect(to: loopback.listener.address!)
        try loopback.loop.run { !loopback.listener.pauses.isEmpty }
        #expect(loopback.listener.pauses.map(\.code) == [code])
        for _ in 0..<10 { loopback.loop.turn(timeout: .zero) }
        #expect(loopback.listener.accepted.isEmpty && loopback.listener.isOpen)
        #expect(loopback.listener.pauses.count == 1)
        clock.advance(by: .seconds(1))
        try loopback.loop.run { loopback.listener.accepted.count == 1 }
        #expect(loopback.listener.errors.isEmpty)
    }

    @Test func `closes on an error of its own`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        loopback.listener.failures = [EINVAL]
        try loopback.client.connect(to: loopback.listener.address!)
        try loopback.loop.run { !loopback.listener.isOpen }
        #expect(loopback.listener.errors.count == 1)
    }

    @Test(arguments: [Family.ipv4, .ipv6]) func `survives clients that connect and reset at once`(family: Family) throws
    {
        let loopback = try Loopback(family)
        defer { loopback.end() }
        for _ in 0..<50 {
            let socket = try Socket.stream(for: loopback.listener.address!)
            try socket.connect(to: loopback.listener.address!)
            socket.resetOnClose()
        }
        try loopback.connect()
        loopback.loop.settle()
        #expect(loopback.listener.isOpen && loopback.listener.errors.isEmpty)
        #expect(loopback.loop.channels.count == 3)
    }

    @Test func `takes a hundred connections, a batch each turn`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        let clients = try (0..<100).map { _ in
            let client = RecordingChannel(loop: loopback.loop)
            try client.connect(to: loopback.listener.address!)
            return client
        }
        try loopback.loop.run { loopback.listener.accepted.count == 100 && clients.allSatisfy(\.isConnected) }
        #expect(loopback.loop.channelCount == 201)
    }

    @Test func `is not asked for in vain where connections come one at a time`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        for number in 1...20 {
            let client = RecordingChannel(loop: loopback.loop)
            try client.connect(to: try #require(loopback.listener.address))
            try loopback.loop.run { client.isConnected && loopback.listener.accepted.count == number }
            loopback.loop.settle()
        }
        #expect(loopback.listener.acceptCount < 23)
    }

    @Test func `is asked for ever more at once where many wait`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        #expect(try turnsToAcceptAHundred(loopback) < 12)
        #expect(loopback.listener.acceptCount < 104)
    }

    /// More channels are ready than a turn takes, so that a listener's turn does not come every turn: it went on accepting one at a
    /// time, just when many came.
    @Test func `is asked for ever more at once also where very many channels are busy`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        // Their other ends are closed at once, so that they are ready for ever.
        let busy = try (0..<600).map { _ in
            let pair = try SocketPair()
            return Dispatcher(loop: loopback.loop, socket: pair.near)
        }
        #expect(try turnsToAcceptAHundred(loopback) < 60)
        for channel in busy { channel.close() }
    }

    /// Has a hundred connections wait at once.
    private func turnsToAcceptAHundred(_ loopback: Loopback) throws -> Int64 {
        let address = try #require(loopback.listener.address)
        let clients = try (0..<100).map { _ in
            let socket = try Socket.stream(for: address)
            try socket.connect(to: address)
            return Descriptor(socket)
        }
        let before = loopback.loop.turns
        try loopback.loop.run { loopback.listener.accepted.count == clients.count }
        return loopback.loop.turns - before
    }

    /// Keeps a socket open.
    private final class Descriptor {
        private let socket: Socket

        init(_ socket: consuming Socket) { self.socket = socket }
    }

    @Test func `shares its port with those that join it, and with nobody else`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let first = Dispatcher(loop: loop)
        try first.listen(on: Family.ipv4.freeAddress(), sharesPort: true)
        let address = try #require(first.address)
        try Dispatcher(loop: loop).listen(on: address, sharesPort: true, joinsPort: true)
        let error = #expect(throws: SystemError.self) {
            try Dispatcher(loop: loop).listen(on: address, sharesPort: true)
        }
        #expect(error?.description == "bind \(address): Address already in use (EADDRINUSE)")
        #expect(loop.channelCount == 2)
    }

    @Test func `takes over a stale socket file, never a live one or another file`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let address = Family.unix.freeAddress()
        guard case .unix(let path) = address else { return }
        defer { UnixSocketFile.remove(path) }
        let first = Dispatcher(loop: loop)
        try first.listen(on: address)
        #expect(throws: SystemError.self) { try Dispatcher(loop: loop).listen(on: address) }
        first.close()
        try first.listen(on: address)
        first.close()
        UnixSocketFile.remove(path)
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        _ = close(file)
        #expect(throws: SystemError.self) { try Dispatcher(loop: loop).listen(on: address) }
        #expect(access(path, F_OK) == 0)
    }

    @Test func `for both families hears both`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let listener = RecordingListener(loop: loop)
        try listener.listen(on: try #require(try Endpoint(parsing: ":0").resolve(passive: true).first))
        let port = try #require(listener.address?.port)
        for host in ["127.0.0.1", "::1"] {
            let client = ChatChannel(loop: loop)
            try client.connect(to: try #require(Endpoint.host(host, port: port).numericAddress))
            try loop.run { listener.accepted.last?.address?.description.contains(host) == true }
        }
    }
}
