import AsyncChat
import Glibc

/// Sends what is typed, and prints the lines that come back.
///
///     swift run line-client 127.0.0.1:7000
@main enum LineClient {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: line-client HOST:PORT")
            exit(64)
        }
        let endpoint = try Endpoint(parsing: CommandLine.arguments[1])
        let loop = try EventLoop()
        let server = Server(loop: loop)
        try server.connect(to: endpoint.resolve()[0])

        // Reading what is typed may block, so another thread does it; what it read comes to the loop as a call.
        let typed = loop.callback(repeats: true) { (bytes: [UInt8]) in
            if bytes.isEmpty { server.shutdownWriteWhenDone() } else { server.push(bytes) }
        }
        startThread(named: "keyboard") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let count = read(STDIN_FILENO, &buffer, buffer.count), count > 0 {
                typed(Array(buffer[..<count]))
            }
            typed([])
        }

        // Ends with the connection: it is the only channel.
        loop.run()
        exit(server.hasFailed ? 1 : 0)
    }
}

/// The connection; what is pushed before it stands waits for it.
final class Server: ChatChannel {
    private(set) var hasFailed = false
    private var line: [UInt8] = []

    override init(loop: EventLoop) {
        super.init(loop: loop)
        setTerminator(.bytes("\n"))
    }

    override func collectIncomingData(_ data: RawSpan) {
        data.withUnsafeBytes { line.append(contentsOf: $0) }
    }

    override func foundTerminator() {
        line.append(0x0A)
        _ = write(STDOUT_FILENO, line, line.count)
        line.removeAll(keepingCapacity: true)
    }

    /// The server has nothing more to say; what it began and did not end is printed too.
    override func handleEndOfStream() {
        if !line.isEmpty { foundTerminator() }
        endChannel()
    }

    /// The default says on stderr what went wrong, and closes.
    override func handleError(_ error: any Error) {
        hasFailed = true
        super.handleError(error)
    }
}
