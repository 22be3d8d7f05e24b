import Glibc
import Testing

@testable import AsyncChat

/// Where a test closes a channel from, and how to get there.
enum Callback: String, CaseIterable, CustomTestStringConvertible {
    case received, collect, found, sent, shutdown, end, disconnect, error, close

    var testDescription: String { rawValue }

    /// Has this callback made on the server.
    func provoke(_ loopback: Loopback) {
        switch self {
        case .received, .collect, .found: loopback.client.push("one\ntwo\n")
        case .sent: loopback.server.push("one\ntwo\n")
        case .shutdown: loopback.server.shutdownWriteWhenDone()
        case .end, .close: loopback.client.close()
        case .disconnect:
            loopback.client.resetOnClose()
            loopback.client.close()
        case .error:
            loopback.server.actions["found"] = { _ in throw NeverHappened() }
            loopback.client.push("one\n")
        }
    }
}

@Suite(.onEveryBackend) struct `A callback` {
    @Test(arguments: Callback.allCases) func `may close its own channel, and gets no more data then`(
        callback: Callback
    ) throws {
        try withLoopback { loopback in
            var calls = 0
            loopback.server.actions[callback.rawValue] = { channel in
                calls += 1
                channel.close()
            }
            callback.provoke(loopback)
            try loopback.loop.run { !loopback.server.isOpen }
            loopback.loop.settle()
            #expect(calls == 1)
            #expect(loopback.server.messages.count <= 1)
            #expect(loopback.server.descriptor == -1)
            #expect(!loopback.loop.channels.contains { $0 === loopback.server })
        }
    }

    @Test(arguments: Callback.allCases) func `may close any other channel, ready or not`(callback: Callback) throws {
        try withLoopback { loopback in
            // Three bystanders, all of them ready in the same turn.
            let others = try (0..<3).map { _ in
                let pair = try SocketPair()
                let channel = RecordingChannel(loop: loopback.loop, socket: pair.near)
                try pair.far.send("x")
                return channel
            }
            loopback.server.actions[callback.rawValue] = { _ in
                others.forEach { $0.close() }
                loopback.client.close()
            }
            callback.provoke(loopback)
            try loopback.loop.run { others.allSatisfy { !$0.isOpen } }
            loopback.loop.settle()
            #expect(loopback.loop.channels.allSatisfy { $0 === loopback.listener || $0 === loopback.server })
        }
    }

    @Test func `may leave to the end of its event what must not be done in the middle`() throws {
        try withLoopback { loopback in
            let loop = loopback.loop
            loopback.server.actions["received"] = { channel in
                #expect(channel.isBeingServed)
                #expect(!loopback.client.isBeingServed)
                loop.afterEvent {
                    #expect(channel.messages.count == 2, "the event was told in full")
                    #expect(!channel.isBeingServed)
                    loop.afterEvent { channel.events.append("at once") }
                    channel.events.append("after")
                    channel.close()
                }
            }
            loopback.client.push("one\ntwo\n")
            try loop.run { !loopback.server.isOpen }
            #expect(loopback.server.events == ["at once", "after"])
            loop.settle()
            #expect(loopback.server.events == ["at once", "after"], "once")
        }
    }

    @Test func `outside of events has nothing to wait for`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        var calls = 0
        loop.afterEvent { calls += 1 }
        #expect(calls == 1)
        loop.schedule(after: .zero) { loop.afterEvent { calls += 1 } }
        loop.mailbox.submit { loop in loop.afterEvent { loop.stop() } }
        loop.turn(timeout: .zero)
        #expect(calls == 2)
    }

    @Test func `that closes while connecting is the last of its channel`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        loopback.client.push("never sent")
        loopback.client.actions["connect"] = { $0.close() }
        try loopback.client.connect(to: loopback.listener.address!)
        try loopback.loop.run { !loopback.client.events.isEmpty }
        loopback.loop.settle()
        #expect(loopback.client.events == ["connect"])
        #expect(!loopback.client.isConnected)
        #expect(loopback.client.fifo.byteCount == 10)
    }

    @Test func `that closes and connects anew starts anew`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        let address = try #require(loopback.listener.address)
        loopback.client.actions["connect"] = { channel in
            channel.actions["connect"] = nil
            channel.close()
            try channel.connect(to: address)
        }
        try loopback.client.connect(to: address)
        try loopback.loop.run { loopback.client.events.count == 2 && loopback.listener.accepted.count == 2 }
        loopback.loop.settle()
        #expect(loopback.client.events == ["connect", "connect"])
        #expect(loopback.client.isConnected)
    }

    @Test func `that closes and connects anew is not followed by a write to what is not connected`() throws {
        final class Reconnecting: Dispatcher {
            var connects = 0
            var writesTooEarly = 0
            override func handleConnect() throws {
                connects += 1
                guard connects == 1, let address else { return }
                close()
                try connect(to: address)
            }
            override func handleWrite() { if !isConnected { writesTooEarly += 1 } }
        }
        let loopback = try Loopback()
        defer { loopback.end() }
        let channel = Reconnecting(loop: loopback.loop)
        try channel.connect(to: loopback.listener.address!)
        try loopback.loop.run { channel.connects == 2 }
        #expect(channel.writesTooEarly == 0)
    }

    @Test func `that connects anew in the middle of a read sees nothing more of the old stream`() throws {
        try withLoopback { loopback in
            loopback.listener.onAccepted = { $0.push("new\n") }
            let address = try #require(loopback.listener.address)
            loopback.client.actions["found"] = { channel in
                channel.actions["found"] = nil
                channel.close()
                try channel.connect(to: address)
            }
            loopback.server.push("one\ntwo\nthr")
            try loopback.loop.run { loopback.client.messages.count == 2 }
            #expect(loopback.client.messages.map { String(decoding: $0, as: UTF8.self) } == ["one", "new"])
            #expect(loopback.client.tail.isEmpty && loopback.client.pendingInput.isEmpty)
        }
    }

    @Test func `that connects pushes into an open channel`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        loopback.client.push("before\n")
        loopback.client.actions["connect"] = { $0.push("inside\n") }
        try loopback.connect()
        try loopback.loop.run { loopback.server.messages.count == 2 }
        #expect(loopback.server.messages.map { String(decoding: $0, as: UTF8.self) } == ["before", "inside"])
    }

    @Test func `never gets what was meant for a channel that had the descriptor before`() throws {
        // Another test may snatch the descriptor: then there is nothing to see, and it is tried again.
        var wasTried = false
        for _ in 0..<100 where !wasTried { wasTried = try reuseDescriptor() }
        #expect(wasTried)
    }

    /// Two channels are ready in one turn; the first served closes the other and opens a newcomer with its descriptor.
    /// False if the newcomer did not get the descriptor.
    private func reuseDescriptor() throws -> Bool {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let first = try SocketPair()
        let second = try SocketPair()
        let spare = try SocketPair()
        let spareNear = spare.near.descriptor
        let left = RecordingChannel(loop: loop, socket: first.near)
        let right = RecordingChannel(loop: loop, socket: second.near)
        var newcomer: RecordingChannel?
        func replace(_ other: RecordingChannel) {
            let wanted = other.descriptor
            guard newcomer == nil, wanted >= 0 else { return }
            other.close()
            // The kernel gives out the lowest free number: take them all up to the one that is still in this turn's list.
            var fillers: [CInt] = []
            while fillers.last ?? -1 < wanted {
                let filler = dup(spareNear)
                guard filler >= 0 else { break }
                fillers.append(filler)
            }
            if fillers.last == wanted {
                newcomer = RecordingChannel(loop: loop, socket: Socket(owning: fillers.removeLast()))
            }
            fillers.forEach { _ = close($0) }
        }
        left.actions["received"] = { _ in replace(right) }
        right.actions["received"] = { _ in replace(left) }
        defer { (left.actions, right.actions) = ([:], [:]) }
        try first.far.send("x")
        try second.far.send("x")
        loop.turn(timeout: .seconds(1))
        guard let newcomer else { return false }
        #expect(newcomer.isOpen && newcomer.readEventCount == 0)
        #expect([left, right].filter(\.isOpen).count == 1)
        try spare.far.send("mine")
        try loop.run { newcomer.tail == Array("mine".utf8) }
        return true
    }

    @Test(arguments: ["collect", "found", "connect"]) func `that throws ends its channel with one error, and no other`(
        name: String
    ) throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        var reported: [String] = []
        loopback.loop.reportError = { reported.append("\(type(of: $0)) \($1)") }
        loopback.client.actions["connect"] = { _ in if name == "connect" { throw NeverHappened() } }
        loopback.listener.onAccepted = { $0.actions[name] = { _ in throw NeverHappened() } }
        let bystander = RecordingChannel(loop: loopback.loop)
        try bystander.connect(to: loopback.listener.address!)
        try loopback.client.connect(to: loopback.listener.address!)
        try loopback.loop.run { loopback.listener.accepted.count == 2 }
        loopback.client.push("a\n")
        try loopback.loop.run { !reported.isEmpty }
        loopback.loop.settle()
        #expect(reported == ["RecordingChannel NeverHappened()"])
        #expect(loopback.listener.isOpen && bystander.isOpen)
    }

    @Test func `that throws in the middle of a read never gets the same bytes again`() throws {
        final class Forgiving: ChatChannel {
            var messages: [String] = []
            var errors = 0
            override func collectIncomingData(_ data: RawSpan) throws {
                messages.append(data.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                if messages.count % 2 == 1 { throw NeverHappened() }
            }
            override func handleError(_ error: any Error) { errors += 1 }
        }
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let pair = try SocketPair()
        let channel = Forgiving(loop: loop, socket: pair.near)
        channel.setTerminator(.bytes("\n"))
        try pair.far.send("a\nb\nc\nd")
        try loop.run { channel.errors == 1 }
        #expect(channel.pendingInput == Array("b\nc\nd".utf8))
        try pair.far.send("e\n")
        try loop.run { channel.errors == 2 }
        try pair.far.send("f\n")
        try loop.run { channel.messages.count == 5 }
        #expect(channel.messages == ["a", "b", "c", "de", "f"])
    }

    @Test func `that closes while collecting is not told of the terminator that came in the same read`() throws {
        try withLoopback { loopback in
            var found = 0
            loopback.server.actions["collect"] = { $0.close() }
            loopback.server.actions["found"] = { _ in found += 1 }
            loopback.client.push("one\n")
            try loopback.loop.run { !loopback.server.isOpen }
            loopback.loop.settle()
            #expect(found == 0)
        }
    }

    @Test func `cannot run the loop it is called from`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try makeLoop()
            loop.schedule(after: .zero) { loop.turn(timeout: .zero) }
            loop.turn(timeout: .zero)
        }
    }

    @Test func `cannot open a channel that is open`() async {
        await #expect(processExitsWith: .failure) {
            let channel = ChatChannel(loop: try makeLoop())
            try channel.connect(to: .ipv4(UInt32(0x7F00_0001).bigEndian, port: 9))
            try channel.connect(to: .ipv4(UInt32(0x7F00_0001).bigEndian, port: 9))
        }
    }
}

@Suite(.onEveryBackend) struct `A predicate` {
    @Test func `that closes its channel ends it there`() throws {
        final class Closing: Dispatcher {
            override func readable() -> Bool {
                close()
                return true
            }
        }
        let loop = try makeLoop()
        let pair = try SocketPair()
        let channel = Closing(loop: loop, socket: pair.near)
        loop.turn(timeout: .zero)
        #expect(!channel.isOpen && loop.channelCount == 0)
    }

    @Test func `that announces itself cannot hold up the loop`() throws {
        final class Restless: Dispatcher {
            var asked = 0
            override func readable() -> Bool {
                asked += 1
                interestMayHaveChanged()
                return true
            }
            override func writable() -> Bool { false }
        }
        final class Neighbour: Dispatcher {
            var other: Dispatcher?
            var asked = 0
            override func readable() -> Bool {
                asked += 1
                other?.interestMayHaveChanged()
                return true
            }
            override func writable() -> Bool { false }
        }
        let loop = try makeLoop()
        defer { loop.closeAll() }
        let first = try SocketPair()
        let second = try SocketPair()
        let third = try SocketPair()
        let restless = Restless(loop: loop, socket: first.near)
        let left = Neighbour(loop: loop, socket: second.near)
        let right = Neighbour(loop: loop, socket: third.near)
        (left.other, right.other) = (right, left)
        for _ in 0..<10 { loop.turn(timeout: .zero) }
        #expect(restless.asked == 10)
        #expect(left.asked <= 20 && right.asked <= 20)
        (left.other, right.other) = (nil, nil)
    }

    @Test func `that says no pauses a channel until it says yes and tells`() throws {
        try withLoopback { loopback in
            loopback.server.isReadable = false
            loopback.server.interestMayHaveChanged()
            loopback.client.push("a\n")
            loopback.loop.settle()
            #expect(loopback.server.messages.isEmpty)
            loopback.server.isReadable = true
            loopback.loop.settle()
            #expect(loopback.server.messages.isEmpty)
            loopback.server.interestMayHaveChanged()
            try loopback.loop.run { loopback.server.messages.count == 1 }
        }
    }
}

@Suite(.onEveryBackend) struct `A loop` {
    @Test func `ends when its last channel is closed`() throws {
        let loopback = try Loopback()
        defer { loopback.end() }
        loopback.client.actions["connect"] = { channel in
            channel.close()
            loopback.listener.close()
        }
        loopback.listener.onAccepted = { $0.close() }
        try loopback.client.connect(to: loopback.listener.address!)
        loopback.loop.run()
        #expect(loopback.loop.channelCount == 0)
        let turns = loopback.loop.turns
        loopback.loop.run()
        #expect(loopback.loop.turns == turns)
    }

    @Test func `makes as many turns as it is asked for`() throws {
        try withLoopback { loopback in
            let turns = loopback.loop.turns
            loopback.loop.run(turnTimeout: .zero, count: 7)
            #expect(loopback.loop.turns == turns + 7)
        }
    }

    @Test func `closes all its channels and forgets their timers`() throws {
        let loop = try makeLoop()
        var fired = false
        let channels = try (0..<10).map { _ in
            let pair = try SocketPair()
            return RecordingChannel(loop: loop, socket: pair.near)
        }
        loop.schedule(after: .zero) { fired = true }
        loop.atTurnEnd { fired = true }
        loop.closeAll()
        loop.turn(timeout: .zero)
        #expect(channels.allSatisfy { !$0.isOpen && $0.events.isEmpty })
        #expect(loop.channelCount == 0 && !fired)
    }

    /// What is not over but has nothing to do, in the states that keep a descriptor ready for ever.
    enum Idleness: CaseIterable {
        case connected, halfClosed, halfClosedBothWays, paused, hungUpWhilePaused, acceptingPaused
    }

    @Test(arguments: Idleness.allCases, Family.allCases) func `rests when there is nothing to do`(
        idleness: Idleness,
        family: Family
    ) throws {
        try withLoopback(family) { loopback in
            let (client, server) = (loopback.client, loopback.server)
            switch idleness {
            case .connected: break
            case .halfClosed, .halfClosedBothWays:
                (client.staysOpenAtEnd, server.staysOpenAtEnd) = (true, true)
                client.shutdownWriteWhenDone()
                try loopback.loop.run { server.isAtEndOfStream }
                if idleness == .halfClosedBothWays {
                    server.shutdownWriteWhenDone()
                    try loopback.loop.run { client.isAtEndOfStream }
                }
            case .paused, .hungUpWhilePaused:
                server.isReadable = false
                server.interestMayHaveChanged()
                client.push("unread\n")
                loopback.loop.settle()
                if idleness == .hungUpWhilePaused { client.close() }
            case .acceptingPaused:
                loopback.listener.failures = Array(repeating: EMFILE, count: 1)
                let second = RecordingChannel(loop: loopback.loop)
                try second.connect(to: loopback.listener.address!)
                try loopback.loop.run { second.isConnected && !loopback.listener.pauses.isEmpty }
            }
            loopback.loop.settle()
            #expect(server.isOpen)
            // A turn without news waits to its end, so that few fit in.
            let turns = loopback.loop.turns
            loopback.loop.schedule(after: .milliseconds(20)) { loopback.loop.stop() }
            loopback.loop.run()
            #expect(loopback.loop.turns - turns <= 3)
        }
    }

    @Test func `lets go of a channel that is closed, and a channel of its loop`() throws {
        weak var channel: RecordingChannel?
        weak var loop: EventLoop?
        do {
            let made = try makeLoop()
            loop = made
            let pair = try SocketPair()
            let opened = RecordingChannel(loop: made, socket: pair.near)
            channel = opened
            try pair.far.send("some\nbytes")
            opened.setTerminator(.bytes("\n"))
            try made.run { opened.messages.count == 1 }
            opened.close()
            made.turn(timeout: .zero)
        }
        #expect(channel == nil)
        #expect(loop == nil)
    }

    @Test func `holds a channel that closes itself until all events of the turn are served`() throws {
        /// Nobody but its loop holds it; closes in its own event, and is at work after that.
        final class Alone: ChatChannel {
            let note: (String) -> Void
            init(loop: EventLoop, socket: consuming Socket, note: @escaping (String) -> Void) {
                self.note = note
                super.init(loop: loop, socket: socket)
            }
            deinit { note("gone") }
            override func collectIncomingData(_ data: RawSpan) {
                close()
                note("closed with \(data.byteCount) bytes")
            }
        }
        let loop = try makeLoop()
        let pair = try SocketPair()
        var notes: [String] = []
        _ = Alone(loop: loop, socket: pair.near) { notes.append($0) }
        loop.atTurnEnd { notes.append("turn over") }
        try pair.far.send("some")
        try loop.run { notes.count >= 3 }
        #expect(notes == ["closed with 4 bytes", "gone", "turn over"])
    }

    @Test func `watches more descriptors than select could`() throws {
        let loop = try makeLoop()
        defer { loop.closeAll() }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 16384)
        guard limit.rlim_cur >= 8192 else { return }
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var far: [CInt] = []
        let channels = try (0..<1100).map { _ in
            let pair = try SocketPair()
            far.append(pair.far.duplicate())
            return RecordingChannel(loop: loop, socket: pair.near)
        }
        for descriptor in far { #expect(write(descriptor, "x", 1) == 1) }
        try loop.run { channels.allSatisfy { $0.tail.count == 1 } }
        far.forEach { _ = close($0) }
        try loop.run { loop.channelCount == 0 }
    }
}
