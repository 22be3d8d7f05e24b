/// When the messages of an open loop are due: one every `interval`, on the connections by turns.
///
/// Latency counts from here, not from when a message was sent: one that had to wait for its turn has waited too.
struct Timetable {
    private let interval: Double
    private let connections: Int
    private let begin: Nanoseconds
    /// Messages given out so far.
    private var given = 0

    init(perSecond rate: Double, connections: Int, begin: Nanoseconds) {
        interval = 1e9 / rate
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

    private func time(_ message: Int) -> Nanoseconds { begin + Nanoseconds(Double(message) * interval) }
}
