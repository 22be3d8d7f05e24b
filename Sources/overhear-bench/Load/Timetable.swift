/// When the messages of an open loop are due: so many a second, on the connections by turns, in bursts.
///
/// At every tick those of the time since the last are due together: a load that wakes for each message takes more of the
/// two cores than the relay does, and then it is the machine's limit that is measured. Latency counts from when a message
/// was due, not from when it was sent: one that had to wait to be sent has waited too.
struct Timetable {
    private let interval: Double
    private let tick: Nanoseconds
    private let connections: Int
    private let begin: Nanoseconds
    /// Messages given out so far.
    private var given = 0

    init(perSecond rate: Double, connections: Int, begin: Nanoseconds, tick: Nanoseconds = 200_000) {
        interval = 1e9 / rate
        self.tick = tick
        self.connections = connections
        self.begin = begin
    }

    /// When the next message is due.
    var next: Nanoseconds { time(given) }

    /// The connection whose turn it is, if its message is due by now.
    mutating func take(by now: Nanoseconds) -> Int? {
        guard next <= now else { return nil }
        defer { given += 1 }
        return given % connections
    }

    /// When a connection's message, counted on that connection from 0, was due.
    func time(of message: Int, on connection: Int) -> Nanoseconds { time(message * connections + connection) }

    private func time(_ message: Int) -> Nanoseconds {
        let even = Nanoseconds(Double(message) * interval)
        return begin + (even + tick - 1) / tick * tick
    }
}
