/// What is known of one message besides its bytes.
///
/// A message is the bytes on the wire up to and including what ended it: its terminator belongs to it.
package struct MessageHeader: Equatable, Sendable {
    package var session: SessionID
    /// Position of the session's route in the configuration, from 0.
    package var route: Int
    package var direction: Direction
    package var ending: Ending
    /// From 1 per session and direction, without holes: messages that could not be recorded are counted too.
    package var sequence: Int64
    /// When its last byte was read.
    package var at: Timestamp
    /// Its true length on the wire in bytes, whatever was stored of it.
    package var byteCount: Int

    package init(
        session: SessionID,
        route: Int,
        direction: Direction,
        ending: Ending,
        sequence: Int64,
        at: Timestamp,
        byteCount: Int
    ) {
        self.session = session
        self.route = route
        self.direction = direction
        self.ending = ending
        self.sequence = sequence
        self.at = at
        self.byteCount = byteCount
    }
}

/// Why a message ends where it does. The numbers are the record's (`messages.ending`).
package enum Ending: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// Its terminator was found.
    case terminator = 0
    /// It reached the number of bytes its framing counts.
    case length = 1
    /// Unframed: it is what one read brought.
    case chunk = 2
    /// It grew past the bound for one message and was cut in the record, never on the wire.
    case overlong = 3
    /// Its direction ended, in whatever way, with these bytes left.
    case endOfStream = 4
}
