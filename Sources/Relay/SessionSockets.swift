import AsyncChat

/// The options that both sockets of a session have from the beginning; a listener has them so that what it accepts inherits
/// them. SO_KEEPALIVE a session gets later, if it lasts (`Session.sweep`).
enum SessionSockets {
    static func prepare(_ socket: borrowing Socket) {
        socket.set(.noDelay, true)
        // Urgent bytes stay where they are in the stream: taken out, they would be lost.
        socket.set(.urgentInline, true)
    }
}
