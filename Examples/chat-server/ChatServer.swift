import AsyncChat
import Glibc

/// A chat room: every line goes to everyone else.
///
///     swift run chat-server 127.0.0.1:7000
@main enum ChatServer {
    static func main() throws {
        let endpoint = try Endpoint(parsing: CommandLine.arguments.dropFirst().first ?? "127.0.0.1:0")
        let loop = try EventLoop()
        let door = Door(loop: loop)
        try door.listen(on: endpoint.resolve(passive: true)[0])
        print("listening on \(door.address!)")
        fflush(nil)
        loop.run()
    }
}

/// Lets visitors in, and gives each a name.
final class Door: Dispatcher {
    private var visitorCount = 0

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        visitorCount += 1
        // The loop keeps an open channel alive; nobody else has to.
        _ = Guest(loop: loop, socket: socket, name: "guest \(visitorCount)")
    }
}

/// One visitor: a message is a line.
final class Guest: ChatChannel {
    private static let longestLine = 4096
    private static let mostUnheard = 1 << 20

    private let name: String
    private var line: [UInt8] = []

    init(loop: EventLoop, socket: consuming Socket, name: String) {
        self.name = name
        super.init(loop: loop, socket: socket)
        setTerminator(.bytes("\n"))
        hear(Array("Welcome, \(name).\n".utf8))
    }

    override func collectIncomingData(_ data: RawSpan) {
        // The engine sets a message no bound; this room cuts lines that are too long.
        let kept = data.extracting(first: Self.longestLine - line.count)
        kept.withUnsafeBytes { line.append(contentsOf: $0) }
    }

    override func foundTerminator() {
        let message = Array("\(name): ".utf8) + line + [0x0A]
        line.removeAll(keepingCapacity: true)
        for case let other as Guest in loop.channels where other !== self { other.hear(message) }
    }

    /// A line that nobody ended is a line all the same; and what is still on its way to this guest goes out first.
    override func handleEndOfStream() {
        if !line.isEmpty { foundTerminator() }
        closeWhenDone()
    }

    /// A guest who does not listen has to leave, or the room would remember everything for him.
    private func hear(_ message: [UInt8]) {
        push(message)
        if fifo.byteCount > Self.mostUnheard { endChannel() }
    }
}
