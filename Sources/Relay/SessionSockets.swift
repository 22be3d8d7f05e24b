import AsyncChat

/// The options that both sockets of a session have; a listener has them so that what it accepts inherits them.
enum SessionSockets {
    static func prepare(_ socket: borrowing Socket) {
        socket.set(.noDelay, true)
        socket.set(.keepAlive, true)
        // Urgent bytes stay where they are in the stream: taken out, they would be lost.
        socket.set(.urgentInline, true)
    }
}
