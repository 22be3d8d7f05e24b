import AsyncChat
import CLinux
import Glibc

/// A client that sends all it can and takes the answers slowly, so that the relay's buffers fill up beside fast sessions.
struct SlowReader {
    /// Between two looks at the socket.
    static let pause: Nanoseconds = 5_000_000
    private static let messageByteCount = 65_536
    /// Taken in one look: about 3 MB/s.
    private static let sip = 16_384
    private let descriptor: CInt
    private let message: [UInt8]
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var next: Nanoseconds = 0
    private var sent = 0
    private var received = 0

    init(port: UInt16) throws(SystemError) {
        descriptor = try Loopback.connect(to: port)
        Loopback.stopBlocking(descriptor)
        message = Array(repeating: 0x78, count: Self.messageByteCount - 1) + [0x0A]
    }

    mutating func turn() {
        let now = Clock.now()
        guard now >= next else { return }
        next = now + Self.pause
        while send(atMost: Self.messageByteCount) {}
        take(atMost: Self.sip)
    }

    private mutating func send(atMost limit: Int) -> Bool {
        let offset = sent % Self.messageByteCount
        let count = min(limit, Self.messageByteCount - offset)
        let taken = message.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress! + offset, count, CInt(MSG_NOSIGNAL))
        }
        sent += max(0, taken)
        return taken == count
    }

    private mutating func take(atMost limit: Int) {
        received += max(0, recv(descriptor, &buffer, limit, 0))
    }

    /// Finishes the message begun, takes all that is owed, and closes.
    mutating func runOut(until deadline: Nanoseconds) -> (messages: Int, sent: Int, received: Int) {
        while Clock.now() < deadline {
            let missing = (Self.messageByteCount - sent % Self.messageByteCount) % Self.messageByteCount
            if missing > 0 { _ = send(atMost: missing) }
            take(atMost: buffer.count)
            if missing == 0, received == sent { break }
        }
        close(descriptor)
        return (sent / Self.messageByteCount, sent, received)
    }
}
