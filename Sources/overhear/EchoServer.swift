import AsyncChat

/// The demo's upstream: answers every line with itself, on a loop and thread of its own.
final class EchoServer: Dispatcher {
    /// Starts it on a free port of the loopback.
    static func start() throws(Refusal) -> SocketAddress {
        let started = BlockingQueue<Result<SocketAddress, SystemError>>()
        startThread(named: "echo") {
            do throws(SystemError) {
                let loop = try EventLoop()
                let server = EchoServer(loop: loop)
                try server.listen(on: .loopback(port: 0))
                started.push(.success(server.address ?? .loopback(port: 0)))
                loop.runUntilStopped()
            } catch {
                started.push(.failure(error))
            }
        }
        switch started.pop() {
        case .success(let address)?: return address
        case .failure(let error)?: throw Refusal(.unavailable, "cannot start the echo server: \(error)")
        case nil: throw Refusal(.unavailable, "cannot start the echo server")
        }
    }

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        _ = EchoChannel(loop: loop, socket: socket, peer: peer)
    }
}

/// One client of the echo server.
final class EchoChannel: ChatChannel {
    private var line: [UInt8] = []

    override init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress?) {
        super.init(loop: loop, socket: socket, peer: peer)
        setTerminator(.bytes("\n"))
    }

    override func collectIncomingData(_ data: RawSpan) {
        data.withUnsafeBytes { line += $0 }
    }

    override func foundTerminator() {
        push(Array("you said: ".utf8) + line + [0x0A])
        line = []
    }

    /// What the client did not finish is answered too, then the stream ends.
    override func handleEndOfStream() {
        if !line.isEmpty { push(Array("you began: ".utf8) + line) }
        closeWhenDone()
    }

    override func handleError(_ error: any Error) {
        close()
    }
}
