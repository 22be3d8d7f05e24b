package import Traffic

/// One message as it lies in the record.
package struct RecordedMessage: Equatable, Sendable {
    package var id: Int64
    package var session: Int64
    /// Nil if its session's row is gone.
    package var route: String?
    package var direction: Direction
    package var sequence: Int64
    package var at: Timestamp
    /// On the wire.
    package var byteCount: Int64
    package var ending: Ending
    package var kind: String?
    /// How many bytes of it are stored.
    package var storedByteCount: Int64
    /// What is stored, or its beginning where no more was asked for.
    package var payload: [UInt8]
}

/// Which messages are asked for.
package struct MessageFilter: Equatable, Sendable {
    package var session: Int64?
    package var direction: Direction?

    package init(session: Int64? = nil, direction: Direction? = nil) {
        self.session = session
        self.direction = direction
    }

    var passesAll: Bool { session == nil && direction == nil }
}

/// A gap as it lies in the record.
package struct RecordedGap: Equatable, Sendable {
    package var run: Int64
    /// A name of `GapReason`, or one that a newer overhear knows.
    package var reason: String
    package var from: Timestamp
    package var to: Timestamp
    /// Nil where nobody could count them.
    package var messages: Int64?
    package var bytes: Int64?
}
