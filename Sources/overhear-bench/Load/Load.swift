/// One kind of traffic: what is sent over how many connections, and which figure speaks for it.
struct Load: Sendable {
    enum Shape: Sendable {
        /// Each connection has so many messages on their way, and sends the next when one is back.
        case closedLoop(inFlight: Int)
        /// Messages are due at a steady rate, all connections taking turns, whether or not earlier ones are back.
        case openLoop(rate: Rate)
        /// So many at a time connect, send one message, take the answer and the end of the stream, and close.
        case oneMessageEach
        /// Bytes go one way only, as fast as they are taken; whoever takes them counts them.
        case oneWay
    }

    /// Messages a second.
    enum Rate: Sendable {
        case fixed(Double)
        /// So much of the highest rate that HAProxy has in the closed loop with one message in flight.
        case ofHAProxy(Double)
    }

    /// What a system's speed under this load is told in.
    enum Figure: String, Codable, Sendable {
        case messagesPerSecond = "messages/s"
        case megabytesPerSecond = "MB/s"
        case connectionsPerSecond = "connections/s"
        case p99 = "p99 µs"
    }

    let name: String
    let meaning: String
    var shape: Shape
    var connections: Int
    var messageByteCount: Int
    var figure = Figure.messagesPerSecond
    /// Connections that only stand there, besides.
    var idleConnections = 0
    /// Connections, besides, whose client takes what it asked for slowly.
    var slowConnections = 0
    /// Does somebody scrape the relay's metrics every second?
    var isScraped = false

    /// A message ends in LF and has no other, so that the framing `lf` hears it.
    var message: [UInt8] {
        var message = (0..<messageByteCount).map { UInt8(0x21 + $0 % 0x5e) }
        message[messageByteCount - 1] = 0x0A
        return message
    }
}
