import AsyncChat
import CLinux
import Glibc

/// Messages to and fro over standing connections: what was sent must come back.
///
/// One thread on plain epoll: it shares the cores with what it measures. All messages are the same, so a connection is
/// three numbers: how many bytes may be sent, are sent, and are back.
struct Exchange {
    private struct Connection {
        let descriptor: CInt
        var allowed = 0
        var sent = 0
        var received = 0
        var waitsToSend = false
    }

    private static let bufferByteCount = 256 << 10
    private let inFlight: Int
    /// Messages a second; nil in the closed loop.
    private let rate: Double?
    private let messageByteCount: Int
    private let pattern: Pattern
    private let sockets = OpenSockets()
    private let ready = EpollSet()
    private var connections: ContiguousArray<Connection> = []
    private var slow: [SlowReader]
    private var buffer = [UInt8](repeating: 0, count: bufferByteCount)

    private var timetable: Timetable?
    private var isStopping = false
    private var failure: String?
    private var receivedBytes = 0
    private var outcome = Outcome()
    /// Latencies of messages due from here on …
    private var countedFrom = Nanoseconds.max
    /// … and before this are noted, also when they come back later.
    private var countedUntil = Nanoseconds.max

    /// Connects, and has one message answered on each connection, so that every session stands.
    ///
    /// - Parameter rate: messages a second in the open loop; nil for the closed loop.
    init(_ load: Load, inFlight: Int, rate: Double?, port: UInt16) throws {
        self.inFlight = inFlight
        self.rate = rate
        messageByteCount = load.messageByteCount
        pattern = Pattern(load.message, messages: inFlight)
        slow = try (0..<load.slowConnections).map { _ in try SlowReader(port: port) }
        for _ in 0..<load.connections {
            let descriptor = sockets.own(try Self.open(load, port))
            ready.add(descriptor, EPOLLIN, token: connections.count)
            connections.append(Connection(descriptor: descriptor))
        }
        for _ in 0..<load.idleConnections { Loopback.resetOnClose(sockets.own(try Self.open(load, port))) }
        for _ in sockets.descriptors {
            note(sent: load.message.count, answered: load.message.count)
            if let greeting = load.content.greeting {
                note(sent: greeting.request.count, answered: greeting.answer.count)
            }
        }
    }

    /// A connection on which a message has come back.
    static func open(_ load: Load, _ port: UInt16) throws -> CInt {
        let descriptor = try Loopback.connect(to: port)
        do {
            if let greeting = load.content.greeting {
                try Blocking.exchange(greeting.request, for: greeting.answer, over: descriptor)
            }
            try Blocking.exchange(load.message, for: load.message, over: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        Loopback.stopBlocking(descriptor)
        return descriptor
    }

    // MARK: - Running

    mutating func run(_ watch: Watch) throws -> Outcome {
        defer { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0) }
        let begin = Clock.now()
        if let rate {
            // Whoever keeps time goes first, where it may (setpriority(2), this thread's alone): that the load itself had to wait
            // for a core says nothing of the relay.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -15)
            timetable = Timetable(perSecond: rate, connections: connections.count, begin: begin)
            outcome.latencies = Latencies()
        } else {
            for slot in connections.indices { allow(slot, inFlight * messageByteCount) }
        }
        try turns(until: begin + watch.warmUp)
        watch.mark()
        receivedBytes = 0
        countedFrom = Clock.now()
        let processor = ProcessorTime.ofThisThread()
        try turns(until: countedFrom + watch.duration)
        countedUntil = Clock.now()
        outcome.generatorSeconds = ProcessorTime.ofThisThread() - processor
        watch.mark()
        outcome.seconds = (countedUntil - countedFrom).seconds
        outcome.bytes = receivedBytes
        outcome.messages = receivedBytes / messageByteCount
        try runOut(until: Clock.now() + watch.patience)
        return outcome
    }

    private mutating func turns(until end: Nanoseconds) throws {
        while case let now = Clock.now(), now < end {
            while let slot = timetable?.take(by: now) { allow(slot, messageByteCount) }
            var next = min(end, timetable?.next ?? end)
            if !slow.isEmpty { next = min(next, now + SlowReader.pause) }
            try turn(atMost: max(0, next - now))
        }
    }

    private mutating func turn(atMost limit: Nanoseconds) throws {
        for event in ready.wait(atMost: limit) {
            if event.isWritable { send(event.token) }
            if event.isReadable { receive(event.token) }
        }
        for index in slow.indices { slow[index].turn() }
        if let failure { throw Trouble(failure) }
    }

    /// Begins no message, and waits for what is on its way.
    private mutating func runOut(until deadline: Nanoseconds) throws {
        isStopping = true
        if timetable == nil {
            for slot in connections.indices {
                let begun = (connections[slot].sent + messageByteCount - 1) / messageByteCount
                connections[slot].allowed = begun * messageByteCount
            }
        }
        while missingBytes > 0, Clock.now() < deadline { try turn(atMost: 100_000_000) }
        outcome.lostBytes = missingBytes
        for connection in connections {
            note(sent: connection.sent, answered: connection.sent, messages: connection.allowed / messageByteCount)
        }
        for index in slow.indices {
            let (messages, sent, received) = slow[index].runOut(until: deadline)
            outcome.lostBytes += sent - received
            note(sent: sent, answered: sent, messages: messages)
        }
    }

    private var missingBytes: Int { connections.reduce(0) { $0 + $1.allowed - $1.received } }

    private mutating func note(sent: Int, answered: Int, messages: Int = 1) {
        outcome.sent.messages += messages
        outcome.sent.bytes += sent
        outcome.answered.messages += messages
        outcome.answered.bytes += answered
    }

    // MARK: - One connection

    private mutating func allow(_ slot: Int, _ byteCount: Int) {
        connections[slot].allowed += byteCount
        if !connections[slot].waitsToSend { send(slot) }
    }

    private mutating func send(_ slot: Int) {
        var connection = connections[slot]
        while connection.sent < connection.allowed {
            let stretch = pattern.stretch(from: connection.sent)
            let count = min(connection.allowed - connection.sent, stretch.byteCount)
            let taken = Glibc.send(connection.descriptor, stretch.start, count, CInt(MSG_NOSIGNAL))
            if taken < 0 {
                if errno != EAGAIN { failure = SystemError.current("send").description }
                break
            }
            connection.sent += taken
            if taken < count { break }
        }
        let waits = connection.sent < connection.allowed
        if waits != connection.waitsToSend {
            connection.waitsToSend = waits
            let interest = EPOLLIN.rawValue | (waits ? EPOLLOUT.rawValue : 0)
            ready.change(connection.descriptor, to: interest, token: slot)
        }
        connections[slot] = connection
    }

    private mutating func receive(_ slot: Int) {
        let count = recv(connections[slot].descriptor, &buffer, Self.bufferByteCount, 0)
        guard count > 0 else {
            if count == 0 {
                failure = "a connection was closed"
            } else if errno != EAGAIN {
                failure = SystemError.current("receive").description
            }
            return
        }
        let before = connections[slot].received
        let after = before + count
        // Looked at where it ends: bytes lost, added or changed places before show there, but for one chance in 94.
        if buffer[count - 1] != pattern.byte(at: after - 1) { failure = "other bytes came back than were sent" }
        connections[slot].received = after
        receivedBytes += count
        let (first, end) = (before / messageByteCount, after / messageByteCount)
        if let timetable {
            note(timetable, slot, first..<end)
        } else if !isStopping, end > first {
            allow(slot, (end - first) * messageByteCount)
        }
    }

    /// Messages of a connection, counted on it, that are back now.
    private mutating func note(_ timetable: Timetable, _ slot: Int, _ messages: Range<Int>) {
        let now = Clock.now()
        for message in messages {
            let due = timetable.time(of: message, on: slot)
            if due >= countedFrom, due < countedUntil { outcome.latencies?.note(now - due) }
        }
    }
}
