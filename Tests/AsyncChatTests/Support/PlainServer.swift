import Glibc
import Testing

@testable import AsyncChat

/// A server that knows nothing of the engine, blocking and on a thread of its own (the echo server of CPython's tests): takes
/// one connection, reads to the quit line or the end, sends what came before it back piece by piece, and closes.
///
/// It gives up long after its peer should have come, sent or read.
final class PlainServer {
    /// Ends what is to be sent back.
    static let quit = "QUIT\n"

    let address: SocketAddress
    private let received = BlockingQueue<[UInt8]>()
    private let permission = BlockingQueue<Bool>()

    /// - Parameter asksToAnswer: answers only once `answer()` is called.
    init(_ family: Family, pieceByteCount: Int = 1, asksToAnswer: Bool = false) throws {
        let wanted = family.freeAddress()
        let socket = try Socket.stream(for: wanted)
        try socket.bind(to: wanted)
        try socket.listen(backlog: 1)
        address = try socket.localAddress()
        let listening = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
        try #require(listening >= 0)
        let (received, permission) = (received, permission)
        if !asksToAnswer { permission.push(true) }
        startThread(named: "plain server") {
            Self.makeBlocking(listening)
            let connection = accept(listening, nil, nil)
            Self.makeBlocking(connection)
            let bytes = Self.receive(connection)
            received.push(bytes)
            _ = permission.pop()
            Self.send(bytes, to: connection, pieceByteCount: pieceByteCount)
            for descriptor in [connection, listening] { _ = close(descriptor) }
        }
    }

    deinit {
        permission.push(false)
        if case .unix(let path) = address { UnixSocketFile.remove(path) }
    }

    /// What it was sent, without the quit line; waits for it.
    func receivedBytes() -> [UInt8] { received.pop() ?? [] }

    /// Lets it answer.
    func answer() { permission.push(true) }

    private static func makeBlocking(_ descriptor: CInt) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func receive(_ connection: CInt) -> [UInt8] {
        let quit = Array(Self.quit.utf8)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !bytes.suffix(quit.count).elementsEqual(quit) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        return bytes.dropLast(quit.count)
    }

    private static func send(_ bytes: [UInt8], to connection: CInt, pieceByteCount: Int) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.prefix(pieceByteCount).withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
