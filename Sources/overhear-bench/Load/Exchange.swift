import AsyncChat
import CLinux
import Glibc

/// Messages to and fro over standing connections: what was sent must come back.
///
/// One thread on plain epoll: it shares the cores with what it measures. All messages are the same, so a connection is
/// three numbers: how many bytes may be sent, are sent, and are back.
struct Exchange {
    private struct Connection {
        var descriptor: CInt = -1
        var allowed = 0
        var sent = 0
        var received = 0
        var waitsToSend = false
    }

    private static let bufferByteCount = 256 << 10
    private let load: Load
    private let messageByteCount: Int
    private let isOpenLoop: Bool
    private let inFlight: Int
    /// The message again and again, so that a send may begin anywhere in it.
    private let pattern: UnsafeMutableRawPointer
    private let patternByteCount: Int
    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferByteCount, alignment: 64)
    private let ready: EpollSet
    private let connections: UnsafeMutablePointer<Connection>
    private let idle: [CInt]
    private var slow: [SlowReader]

    private var outcome = Outcome()
    private var receivedBytes = 0
    private var isStopping = false
    private var isCounting = false
    private var hasFailed = false
    // The open loop's timetable: message i of all is due at `begin` + i × `interval`, on connection i modulo their number.
    private let interval: Double
    private var begin: Nanoseconds = 0
    private var due = 0
    /// When counting began: what was due before is not counted.
    private var countedFrom: Nanoseconds = 0

    /// Connects, and has one message answered on each connection, so that every session stands.
    ///
    /// - Parameter rate: messages a second in the open loop; nil for the closed loop.
    init(_ load: Load, inFlight: Int, rate: Double?, port: UInt16) throws {
        let message = load.message
        let active = try (0..<load.connections).map { _ in try Self.open(load, port) }
        idle = try (0..<load.idleConnections).map { _ in try Self.open(load, port) }
        slow = try (0..<load.slowConnections).map { _ in try SlowReader(port: port) }
        ready = try EpollSet()
        self.load = load
        self.inFlight = inFlight
        messageByteCount = load.messageByteCount
        isOpenLoop = rate != nil
        interval = rate.map { 1e9 / $0 } ?? 0
        patternByteCount = max(inFlight + 1, 1 + (64 << 10) / messageByteCount) * messageByteCount
        pattern = .allocate(byteCount: patternByteCount, alignment: 64)
        for offset in stride(from: 0, to: patternByteCount, by: messageByteCount) {
            (pattern + offset).copyMemory(from: message, byteCount: message.count)
        }
        connections = .allocate(capacity: load.connections)
        connections.initialize(repeating: Connection(), count: load.connections)
        for slot in 0..<load.connections {
            connections[slot] = Connection(descriptor: active[slot])
            ready.add(active[slot], EPOLLIN, token: slot)
        }
        let sessions = load.connections + load.idleConnections
        outcome.sent = Outcome.Traffic(messages: sessions, bytes: sessions * messageByteCount)
        outcome.answered = outcome.sent
        if let greeting = load.content.greeting {
            outcome.sent.messages += sessions
            outcome.sent.bytes += sessions * greeting.request.count
            outcome.answered.messages += sessions
            outcome.answered.bytes += sessions * greeting.answer.count
        }
    }

    private func tearDown() {
        for slot in 0..<load.connections { close(connections[slot].descriptor) }
        for descriptor in idle { close(descriptor) }
        connections.deallocate()
        pattern.deallocate()
        buffer.deallocate()
    }

    private static func open(_ load: Load, _ port: UInt16) throws -> CInt {
        let descriptor = try Loopback.connect(to: port)
        if let greeting = load.content.greeting {
            try Blocking.exchange(greeting.request, for: greeting.answer, over: descriptor)
        }
        try Blocking.exchange(load.message, for: load.message, over: descriptor)
        Loopback.stopBlocking(descriptor)
        return descriptor
    }

    // MARK: - Running

    mutating func run(_ watch: Watch) throws -> Outcome {
        defer { tearDown() }
        begin = Clock.now()
        let countFrom = begin + watch.warmUp
        var countUntil = countFrom + watch.duration
        var processor = 0.0
        if !isOpenLoop {
            for slot in 0..<load.connections { allow(slot, inFlight * messageByteCount) }
        }
        while true {
            let now = Clock.now()
            if !isCounting, now >= countFrom {
                watch.mark()
                isCounting = true
                countedFrom = Clock.now()
                countUntil = countedFrom + watch.duration
                receivedBytes = 0
                processor = ProcessorTime.ofThisThread()
            } else if isCounting, now >= countUntil {
                outcome.generatorSeconds = ProcessorTime.ofThisThread() - processor
                outcome.seconds = (Clock.now() - countedFrom).seconds
                watch.mark()
                outcome.bytes = receivedBytes
                outcome.messages = receivedBytes / messageByteCount
                break
            }
            if isOpenLoop { sendDue(now) }
            turn(atMost: untilNext(now, isCounting ? countUntil : countFrom))
            if hasFailed { break }
        }
        runOut(until: Clock.now() + watch.patience)
        return outcome
    }

    /// How long the next turn may wait.
    private func untilNext(_ now: Nanoseconds, _ end: Nanoseconds) -> Nanoseconds {
        var next = end
        if isOpenLoop { next = min(next, begin + Nanoseconds(Double(due) * interval)) }
        if !slow.isEmpty { next = min(next, now + SlowReader.pause) }
        return max(0, next - now)
    }

    /// Sends nothing new, and waits for what is on its way.
    private mutating func runOut(until deadline: Nanoseconds) {
        isStopping = true
        for slot in 0..<load.connections {
            // A message begun is a message to finish.
            let sent = connections[slot].sent
            connections[slot].allowed = (sent + messageByteCount - 1) / messageByteCount * messageByteCount
        }
        while !hasFailed, missingBytes > 0, Clock.now() < deadline { turn(atMost: 100_000_000) }
        for slot in 0..<load.connections {
            add(connections[slot].allowed / messageByteCount, connections[slot].sent)
        }
        outcome.lostBytes = missingBytes
        for index in slow.indices {
            let counts = slow[index].runOut(until: deadline)
            add(counts.messages, counts.sent)
            outcome.lostBytes += counts.sent - counts.received
        }
    }

    private mutating func add(_ messages: Int, _ bytes: Int) {
        outcome.sent.messages += messages
        outcome.sent.bytes += bytes
        outcome.answered.messages += messages
        outcome.answered.bytes += bytes
    }

    private var missingBytes: Int {
        (0..<load.connections).reduce(0) { $0 + connections[$1].allowed - connections[$1].received }
    }

    private mutating func turn(atMost limit: Nanoseconds) {
        for event in ready.wait(atMost: limit) {
            if event.isWritable { send(event.token) }
            if event.isReadable { receive(event.token) }
        }
        for index in slow.indices { slow[index].turn() }
    }

    // MARK: - One connection

    private mutating func sendDue(_ now: Nanoseconds) {
        while begin + Nanoseconds(Double(due) * interval) <= now {
            allow(due % load.connections, messageByteCount)
            due += 1
        }
    }

    private mutating func allow(_ slot: Int, _ byteCount: Int) {
        connections[slot].allowed += byteCount
        if !connections[slot].waitsToSend { send(slot) }
    }

    private mutating func send(_ slot: Int) {
        var connection = connections[slot]
        while connection.sent < connection.allowed {
            let offset = connection.sent % messageByteCount
            let count = min(connection.allowed - connection.sent, patternByteCount - offset)
            let taken = Glibc.send(connection.descriptor, pattern + offset, count, CInt(MSG_NOSIGNAL))
            if taken < 0 {
                if errno != EAGAIN { hasFailed = true }
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
        let count = recv(connections[slot].descriptor, buffer, Self.bufferByteCount, 0)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { hasFailed = true }
            return
        }
        let before = connections[slot].received
        let place = (before + count - 1) % messageByteCount
        // What came back is looked at where it ends: a byte lost or added before shows there, but for one chance in 94.
        if buffer.load(fromByteOffset: count - 1, as: UInt8.self) != pattern.load(fromByteOffset: place, as: UInt8.self)
        {
            hasFailed = true
        }
        connections[slot].received = before + count
        receivedBytes += count
        if isOpenLoop {
            note(slot, from: before / messageByteCount, to: (before + count) / messageByteCount)
        } else if !isStopping {
            let back = (before + count) / messageByteCount - before / messageByteCount
            if back > 0 { allow(slot, back * messageByteCount) }
        }
    }

    /// Messages of a connection, counted on it, that are back now.
    private mutating func note(_ slot: Int, from first: Int, to end: Int) {
        guard isCounting, !isStopping else { return }
        let now = Clock.now()
        for message in first..<end {
            let wasDue = begin + Nanoseconds(Double(message * load.connections + slot) * interval)
            guard wasDue >= countedFrom else { continue }
            if outcome.latencies == nil { outcome.latencies = Latencies() }
            outcome.latencies?.note(now - wasDue)
        }
    }
}
