import Glibc
import Testing

@testable import AsyncChat

// The fourteen cases of TestAPI in CPython's Lib/test/test_asyncore.py (3.11), which it runs over IPv4, IPv6 and Unix sockets with
// select and with poll. Which case went where: Fixtures/CPYTHON.md.

@Suite(.onEveryBackend) struct `CPython's TestAPI` {
    /// A listener and a client on one loop; what they do not expect is a mistake.
    private final class Stage {
        let loop: EventLoop
        let listener: StrictDispatcher
        let client: StrictDispatcher

        init(_ family: Family) throws {
            loop = try makeLoop()
            loop.reportError = { _, _ in }
            listener = StrictDispatcher(loop: loop)
            listener.expected = ["accept", "accepted"]
            try listener.listen(on: family.freeAddress())
            client = StrictDispatcher(loop: loop)
            client.expected = ["connect"]
        }

        func connect() throws {
            try client.connect(to: try #require(listener.address))
            try loop.run { client.isConnected && !listener.accepted.isEmpty }
        }

        /// The accepted end.
        var server: StrictDispatcher { listener.accepted[0] }

        func end() {
            if case .unix(let path)? = listener.address { UnixSocketFile.remove(path) }
            loop.closeAll()
            for channel in listener.accepted + [listener, client] { channel.actions = [:] }
        }
    }

    private func withStage(_ family: Family, _ body: (Stage) throws -> Void) throws {
        let stage = try Stage(family)
        defer { stage.end() }
        try body(stage)
    }

    /// test_handle_connect
    @Test(arguments: Family.allCases) func `tells a client that it is connected`(family: Family) throws {
        try withStage(family) { stage in
            try stage.client.connect(to: try #require(stage.listener.address))
            #expect(stage.client.events.isEmpty, "the loop tells, not connect")
            try stage.loop.run { !stage.client.events.isEmpty }
            stage.loop.settle()
            #expect(stage.client.events == ["connect"])
        }
    }

    /// test_handle_accept
    @Test(arguments: Family.allCases) func `tells a listener that a client waits`(family: Family) throws {
        final class Idle: StrictDispatcher {
            var calls = 0
            override func handleAccept() throws {
                calls += 1
            }
        }
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let listener = Idle(loop: loop)
        try listener.listen(on: family.freeAddress())
        let address = try #require(listener.address)
        defer { if case .unix(let path) = address { UnixSocketFile.remove(path) } }
        let client = StrictDispatcher(loop: loop)
        client.expect("connect")
        try client.connect(to: address)
        try loop.run { listener.calls > 0 && client.isConnected }
        #expect(listener.accepted.isEmpty, "nobody accepted")
        #expect(client.events == ["connect"])
    }

    /// test_handle_accepted
    @Test(arguments: Family.allCases) func `hands an accepted socket and its peer's address on`(family: Family) throws {
        try withStage(family) { stage in
            try stage.connect()
            #expect(stage.listener.events == ["accept", "accepted"])
            #expect(stage.server.isConnected)
            if family == .unix {
                #expect(stage.listener.peers == [.unix("")], "a client's Unix socket has no name")
            } else {
                #expect(stage.listener.peers == [try #require(try stage.client.localAddress())])
            }
        }
    }

    /// test_handle_read
    @Test(arguments: Family.allCases) func `tells that something has come`(family: Family) throws {
        try withStage(family) { stage in
            try stage.connect()
            var heard: [UInt8] = []
            stage.client.actions["read"] = { heard += $0.receiveOnce() }
            stage.client.expect("read")
            let sent = counted(1024)
            #expect(try sent.withUnsafeBytes { (bytes) throws(SystemError) in try stage.server.send(bytes) } == 1024)
            try stage.loop.run { heard.count == 1024 }
            #expect(heard == sent)
        }
    }

    /// test_handle_write
    @Test(arguments: Family.allCases) func `tells that there is room to write`(family: Family) throws {
        try withStage(family) { stage in
            try stage.connect()
            stage.client.actions["write"] = { $0.expect() }
            stage.client.expect("write")
            try stage.loop.run { stage.client.count("write") > 0 }
            stage.loop.settle()
            #expect(stage.client.events == ["connect", "write"])
        }
    }

    /// test_handle_close
    @Test(arguments: Family.allCases) func `closes once when reading finds that the peer closed`(family: Family) throws
    {
        try withStage(family) { stage in
            try stage.connect()
            stage.client.actions["read"] = { #expect($0.receiveOnce().isEmpty) }
            stage.client.expect("read", "close")
            stage.server.close()
            try stage.loop.run { !stage.client.isOpen }
            stage.loop.settle()
            #expect(stage.client.events == ["connect", "read", "close"])
        }
    }

    /// test_handle_close_after_conn_broken
    @Test(arguments: Family.allCases) func `closes once when writing finds that the peer closed`(family: Family) throws
    {
        try withStage(family) { stage in
            try stage.connect()
            stage.client.actions["write"] = { channel in
                do {
                    _ = try [UInt8(ascii: "x")].withUnsafeBytes { (bytes) throws(SystemError) in try channel.send(bytes)
                    }
                } catch let error as SystemError {
                    #expect(error.code == EPIPE || error.code == ECONNRESET)
                    channel.handleDisconnect(error)
                }
            }
            stage.server.close()
            stage.client.expect("write", "close")
            try stage.loop.run { !stage.client.isOpen }
            stage.loop.settle()
            #expect(stage.client.count("close") == 1 && stage.client.events.last == "close")
        }
    }

    /// test_handle_expt. CPython leaves Unix sockets out: they have no urgent data on every system.
    @Test(arguments: [Family.ipv4, .ipv6]) func `tells that urgent data has come`(family: Family) throws {
        try withStage(family) { stage in
            try stage.connect()
            var heard: UInt8?
            stage.client.actions["urgent"] = { heard = try $0.receiveUrgent() }
            stage.client.expect("urgent")
            #expect(try stage.server.sendUrgent(UInt8(ascii: "!")))
            try stage.loop.run { heard != nil }
            stage.loop.settle()
            #expect(heard == UInt8(ascii: "!"))
            #expect(stage.client.events == ["connect", "urgent"])
        }
    }

    /// test_handle_error
    @Test(arguments: Family.allCases) func `gives the error hook what a callback threw`(family: Family) throws {
        struct Mistake: Error, Equatable { let number: Int }
        try withStage(family) { stage in
            try stage.connect()
            stage.client.actions["write"] = { _ in throw Mistake(number: 42) }
            stage.client.expect("write", "error", "close")
            try stage.loop.run { !stage.client.isOpen }
            #expect(stage.client.errors.map { $0 as? Mistake } == [Mistake(number: 42)])
            #expect(stage.client.events == ["connect", "write", "error", "close"])
            #expect(stage.listener.isOpen && stage.server.isOpen)
        }
    }

    /// test_connection_attributes
    @Test(arguments: Family.allCases) func `knows at every moment whether it is connected`(family: Family) throws {
        try withStage(family) { stage in
            func expectStates(listening: Bool, connecting: Bool = false, connected: Bool) {
                #expect(stage.listener.isListening == listening && !stage.listener.isConnected)
                #expect(stage.client.isConnecting == connecting && stage.client.isConnected == connected)
                #expect(!stage.client.isListening)
            }
            expectStates(listening: true, connected: false)
            let address = try #require(stage.listener.address)
            try stage.client.connect(to: address)
            expectStates(listening: true, connecting: true, connected: false)
            try stage.loop.run { stage.client.isConnected && !stage.listener.accepted.isEmpty }
            expectStates(listening: true, connected: true)
            stage.client.close()
            expectStates(listening: true, connected: false)
            #expect(stage.server.isConnected)
            stage.listener.close()
            expectStates(listening: false, connected: false)
        }
    }

    private func option(_ name: CInt, of descriptor: CInt) -> CInt {
        var value: CInt = -1
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        #expect(getsockopt(descriptor, SOL_SOCKET, name, &value, &byteCount) == 0)
        return value
    }

    /// test_create_socket
    @Test(arguments: Family.allCases) func `has sockets of the right kind, that never block and no child inherits`(
        family: Family
    ) throws {
        try withStage(family) { stage in
            try stage.connect()
            for channel in [stage.listener, stage.client, stage.server] {
                #expect(option(SO_TYPE, of: channel.descriptor) == CInt(SOCK_STREAM.rawValue))
                #expect(option(SO_DOMAIN, of: channel.descriptor) == stage.listener.address?.family)
                #expect(fcntl(channel.descriptor, F_GETFL) & O_NONBLOCK != 0)
                #expect(fcntl(channel.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            }
        }
    }

    /// test_bind
    @Test(arguments: [Family.ipv4, .ipv6]) func `cannot listen where somebody listens`(family: Family) throws {
        try withStage(family) { stage in
            let second = Dispatcher(loop: stage.loop)
            let address = try #require(stage.listener.address)
            #expect(throws: SystemError(doing: "bind \(address)", code: EADDRINUSE)) { try second.listen(on: address) }
            #expect(!second.isOpen && !second.isListening && stage.loop.channelCount == 1)
        }
    }

    /// test_set_reuse_addr
    @Test(arguments: [Family.ipv4, .ipv6]) func `lets its address be used again, which a plain socket does not`(
        family: Family
    ) throws {
        try withStage(family) { stage in
            let socket = try Socket.stream(for: family.freeAddress())
            #expect(option(SO_REUSEADDR, of: socket.descriptor) == 0)
            socket.set(.reuseAddress, true)
            #expect(option(SO_REUSEADDR, of: socket.descriptor) == 1)
            #expect(option(SO_REUSEADDR, of: stage.listener.descriptor) == 1)
        }
    }

    /// test_quick_connect: the loop runs on a thread of its own, while clients come and reset.
    @Test(arguments: [Family.ipv4, .ipv6]) func `survives clients that reset as soon as they are connected`(
        family: Family
    ) throws {
        let backend = EveryBackend.current
        let addresses = BlockingQueue<SocketAddress>()
        let mailboxes = BlockingQueue<LoopMailbox>()
        let mistakes = BlockingQueue<[String]>()
        startThread(named: "quick connect") {
            defer {
                addresses.close()
                mailboxes.close()
                mistakes.close()
            }
            do {
                let loop = try EventLoop(backend: backend)
                loop.reportError = { channel, error in mistakes.push(["\(channel): \(error)"]) }
                let listener = RecordingListener(loop: loop)
                listener.onAccepted = { channel in
                    channel.actions["found"] = { $0.push($0.messages.last! + [10]) }
                }
                try listener.listen(on: family.freeAddress())
                addresses.push(listener.address!)
                mailboxes.push(loop.mailbox)
                loop.runUntilStopped(turnTimeout: .seconds(1))
                loop.closeAll()
                for channel in listener.accepted { channel.actions = [:] }
            } catch {
                mistakes.push(["\(error)"])
            }
        }
        let address = try #require(addresses.pop())
        let mailbox = try #require(mailboxes.pop())
        defer { mailbox.submit { $0.stop() } }
        for _ in 0..<100 {
            let socket = try Socket.stream(for: address)
            try socket.connect(to: address)
            socket.resetOnClose()
        }
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let client = RecordingChannel(loop: loop)
        client.setTerminator(.bytes("\n"))
        try client.connect(to: address)
        client.push("still there?\n")
        try loop.run { !client.messages.isEmpty }
        #expect(client.messages == [Array("still there?".utf8)])
        mailbox.submit { $0.stop() }
        #expect(mistakes.pop() == nil)
    }
}
