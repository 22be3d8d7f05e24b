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
        /// Requests of a real server's own client, as fast as they are answered.
        case realServer(any RealServer)
    }

    /// Messages a second.
    enum Rate: Sendable {
        case fixed(Double)
        /// So much of the highest rate that HAProxy has in the closed loop with one message in flight.
        case ofHAProxy(Double)
    }

    /// What a system's speed under this load is told in.
    enum Figure: String, Codable, Sendable {
        case roundTrips = "round trips/s"
        case megabytes = "MB/s each way"
        case connections = "connections/s"
        case requests = "requests/s"
        case p99 = "p99 in µs"

        /// Is less better?
        var isCost: Bool { self == .p99 }
    }

    let name: String
    let meaning: String
    var shape: Shape
    var connections: Int
    /// Of a message that is made here; a real server's client makes its own.
    var messageByteCount = 64
    var figure = Figure.roundTrips
    var content = Content.lines
    /// Connections that only stand there, besides.
    var idleConnections = 0
    /// Connections, besides, whose client takes what it asked for slowly.
    var slowConnections = 0
    /// How many times as long as others it is measured: a far percentile is told by few messages.
    var lengths = 1.0
    /// Seconds before counting begins. Where a recorder may fall behind, long enough for its buffer to be full.
    var warmUp = 0.2

    /// What is not there of what it needs; nil if it can run.
    var missing: String? {
        guard case .realServer(let server) = shape else { return nil }
        return server.needs.first { Child.find($0) == nil }
    }

    /// What its server says of its version, if that is another's than the bench's own.
    var version: String? {
        guard case .realServer(let server) = shape else { return nil }
        return Child.version(of: server.program, ["--version"])
    }

    /// The message that is sent again and again.
    var message: [UInt8] { content.message(messageByteCount) }

    /// Does the server answer each message with itself?
    var goesBack: Bool {
        if case .oneWay = shape { false } else { true }
    }
}
