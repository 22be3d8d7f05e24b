import AsyncChat
import CLinux
import Glibc

/// Connections that live for one message: connect, send it, take the answer and the end of the stream, close.
///
/// The server closes first, so that no port of the client's is held by TIME_WAIT: else they would run out in a second.
struct OneMessageEach {
    private struct Slot {
        var descriptor: CInt = -1
        var received = 0
    }

    private let port: UInt16
    private let message: [UInt8]
    private let ready = EpollSet()
    private var slots: [Slot]
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var outcome = Outcome()
    private var served = 0
    private var open = 0

    init(_ load: Load, port: UInt16) {
        self.port = port
        message = load.message
        slots = Array(repeating: Slot(), count: load.connections)
    }

    mutating func run(_ watch: Watch) throws -> Outcome {
        let countFrom = Clock.now() + watch.warmUp
        for slot in slots.indices { try connect(slot) }
        _ = try turns(until: countFrom)
        watch.mark()
        served = 0
        let processor = ProcessorTime.ofThisThread()
        let start = Clock.now()
        let end = try turns(until: start + watch.duration)
        outcome.generatorSeconds = ProcessorTime.ofThisThread() - processor
        outcome.seconds = (end - start).seconds
        watch.mark()
        outcome.messages = served
        outcome.bytes = served * message.count
        try runOut(until: Clock.now() + watch.patience)
        outcome.answered = outcome.sent
        return outcome
    }

    private mutating func turns(until deadline: Nanoseconds) throws -> Nanoseconds {
        while true {
            let now = Clock.now()
            guard now < deadline else { return now }
            try turn(atMost: deadline - now, isOver: false)
        }
    }

    private mutating func runOut(until deadline: Nanoseconds) throws {
        while open > 0, Clock.now() < deadline { try turn(atMost: 100_000_000, isOver: true) }
        guard open == 0 else { throw Trouble("\(open) connections were not ended") }
    }

    private mutating func turn(atMost limit: Nanoseconds, isOver: Bool) throws {
        for event in ready.wait(atMost: limit) {
            let slot = event.token
            let count = recv(slots[slot].descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                slots[slot].received += count
            } else if count == 0 || errno != EAGAIN {
                close(slots[slot].descriptor)
                slots[slot].descriptor = -1
                open -= 1
                outcome.lostBytes += message.count - slots[slot].received
                served += 1
                if !isOver { try connect(slot) }
            }
        }
    }

    private mutating func connect(_ slot: Int) throws {
        let descriptor = try Loopback.beginConnecting(to: port)
        // On the loopback a connection stands when connect(2) returns, or is refused.
        let sent = message.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        guard sent == message.count else {
            let error = SystemError.current("send the message of a new connection to 127.0.0.1:\(port)")
            close(descriptor)
            throw error
        }
        outcome.sent.messages += 1
        outcome.sent.bytes += message.count
        slots[slot] = Slot(descriptor: descriptor)
        open += 1
        ready.add(descriptor, EPOLLIN, token: slot)
    }
}
