/// Which way bytes flow through a session.
///
/// ```
///   client ──── upstream ───▶ server
///   client ◀── downstream ─── server
/// ```
package enum Direction: UInt8, CaseIterable, Sendable {
    /// From the client to the server.
    case upstream = 0
    /// From the server to the client.
    case downstream = 1

    package var opposite: Direction { self == .upstream ? .downstream : .upstream }

    /// The channel these bytes are read from.
    package var source: Side { self == .upstream ? .client : .upstream }

    /// As metrics and logs spell it.
    package var name: String { self == .upstream ? "upstream" : "downstream" }
}

/// One end of a session: the channel towards the client or the one towards the upstream server.
package enum Side: UInt8, CaseIterable, Sendable {
    case client = 0
    case upstream = 1

    package var other: Side { self == .client ? .upstream : .client }

    /// The direction of the bytes read from this side.
    package var outgoingDirection: Direction { self == .client ? .upstream : .downstream }

    /// As metrics and logs spell it.
    package var name: String { self == .client ? "client" : "upstream" }
}

/// One value for each direction.
package struct PerDirection<Value> {
    package var upstream: Value
    package var downstream: Value

    package init(upstream: Value, downstream: Value) {
        self.upstream = upstream
        self.downstream = downstream
    }

    package init(both value: Value) {
        self.init(upstream: value, downstream: value)
    }

    package subscript(direction: Direction) -> Value {
        get { direction == .upstream ? upstream : downstream }
        set {
            if direction == .upstream { upstream = newValue } else { downstream = newValue }
        }
    }
}

extension PerDirection: Sendable where Value: Sendable {}
extension PerDirection: Equatable where Value: Equatable {}
