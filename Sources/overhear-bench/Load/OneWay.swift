import AsyncChat
import CLinux
import Glibc

/// Bytes in one direction, as fast as they are taken; the sink at the end says how many arrived.
struct OneWay {
    private struct Connection {
        let descriptor: CInt
        var sent = 0
    }

    private let message: [UInt8]
    private let ready = EpollSet()
    private let sockets = OpenSockets()
    private var connections: [Connection] = []
    private var outcome = Outcome()

    init(_ load: Load, port: UInt16) throws {
        message = load.message
        for slot in 0..<load.connections {
            let descriptor = sockets.own(try Loopback.connect(to: port))
            Loopback.stopBlocking(descriptor)
            connections.append(Connection(descriptor: descriptor))
            ready.add(descriptor, EPOLLOUT, token: slot)
        }
    }

    mutating func run(_ watch: Watch) throws -> Outcome {
        try turns(until: Clock.now() + watch.warmUp)
        watch.mark()
        let before = sent
        let processor = ProcessorTime.ofThisThread()
        let start = Clock.now()
        try turns(until: start + watch.duration)
        outcome.generatorSeconds = ProcessorTime.ofThisThread() - processor
        outcome.seconds = (Clock.now() - start).seconds
        watch.mark()
        outcome.bytes = sent - before
        outcome.messages = outcome.bytes / message.count
        try runOut(within: watch.patience)
        return outcome
    }

    private var sent: Int { connections.reduce(0) { $0 + $1.sent } }

    private mutating func turns(until deadline: Nanoseconds) throws {
        while case let left = deadline - Clock.now(), left > 0 {
            for event in ready.wait(atMost: left) { try push(event.token) }
        }
    }

    private mutating func push(_ slot: Int) throws {
        let offset = connections[slot].sent % message.count
        let count = message.withUnsafeBytes {
            send(connections[slot].descriptor, $0.baseAddress! + offset, $0.count - offset, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 || errno == EAGAIN else { throw SystemError.current("send one way") }
        connections[slot].sent += max(0, count)
    }

    /// Finishes each connection's message, ends its stream, and asks the sink what arrived.
    private mutating func runOut(within patience: Nanoseconds) throws {
        for slot in connections.indices {
            let descriptor = connections[slot].descriptor
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
            Loopback.limitBlocking(descriptor, toSeconds: Int(patience.seconds))
            if connections[slot].sent % message.count > 0 {
                let rest = Array(message[(connections[slot].sent % message.count)...])
                if Blocking.send(rest, to: descriptor) { connections[slot].sent += rest.count }
            }
            shutdown(descriptor, CInt(SHUT_WR))
            let answer = Blocking.receive(20, from: descriptor)
            let arrived = Int(String(decoding: answer.dropLast(), as: UTF8.self)) ?? 0
            outcome.lostBytes += connections[slot].sent - arrived
            outcome.sent.bytes += connections[slot].sent
            outcome.sent.messages += connections[slot].sent / message.count
            outcome.answered.bytes += answer.count
            outcome.answered.messages += 1
        }
    }
}
