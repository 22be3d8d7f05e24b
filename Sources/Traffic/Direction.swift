// Public, and not for this package alone, are the types of this file: only of those does the compiler see the inside from
// another module. A look at one of two directions was a call by way of tables, which took a tenth of a framing's time.

/// Which way bytes flow through a session.
///
/// ```
///   client ──── upstream ───▶ server
///   client ◀── downstream ─── server
/// ```
@frozen
public enum Direction: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// From the client to the server.
    case upstream = 0
    /// From the server to the client.
    case downstream = 1

    /// The other way.
    @inlinable
    public var opposite: Direction { self == .upstream ? .downstream : .upstream }

    /// The channel these bytes are read from.
    @inlinable
    public var source: Side { self == .upstream ? .client : .upstream }

    /// As metrics and logs spell it.
    package var name: String { self == .upstream ? "upstream" : "downstream" }

    /// As the compiler would write it, for other modules to see.
    @inlinable
    public static func == (left: Direction, right: Direction) -> Bool {
        switch (left, right) {
        case (.upstream, .upstream), (.downstream, .downstream): true
        default: false
        }
    }
}

/// One end of a session: the channel towards the client or the one towards the upstream server.
@frozen
public enum Side: UInt8, CaseIterable, Sendable {
    case client = 0
    case upstream = 1

    /// The other end.
    @inlinable
    public var other: Side { self == .client ? .upstream : .client }

    /// The direction of the bytes read from this side.
    @inlinable
    public var outgoingDirection: Direction { self == .client ? .upstream : .downstream }

    /// As metrics and logs spell it.
    package var name: String { self == .client ? "client" : "upstream" }

    /// As the compiler would write it, for other modules to see.
    @inlinable
    public static func == (left: Side, right: Side) -> Bool {
        switch (left, right) {
        case (.client, .client), (.upstream, .upstream): true
        default: false
        }
    }
}

/// One value for each direction.
@frozen
public struct PerDirection<Value> {
    /// The one of the direction towards the server.
    public var upstream: Value
    /// The one of the direction towards the client.
    public var downstream: Value

    /// One for each.
    @inlinable
    public init(upstream: Value, downstream: Value) {
        self.upstream = upstream
        self.downstream = downstream
    }

    /// The same for both.
    @inlinable
    public init(both value: Value) {
        self.init(upstream: value, downstream: value)
    }

    /// The one of a direction.
    @inlinable
    public subscript(direction: Direction) -> Value {
        get { direction == .upstream ? upstream : downstream }
        set {
            if direction == .upstream { upstream = newValue } else { downstream = newValue }
        }
    }
}

extension PerDirection: Sendable where Value: Sendable {}
extension PerDirection: Equatable where Value: Equatable {}
