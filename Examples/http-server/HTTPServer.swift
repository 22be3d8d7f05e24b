import AsyncChat
import Glibc

/// A small HTTP/1.1 server, the example that asynchat is known for: the terminator changes with what is awaited.
///
///     swift run http-server 127.0.0.1:8080
///     curl http://127.0.0.1:8080/                       a greeting
///     curl http://127.0.0.1:8080/bytes/1000000          made while it is sent, by a producer
///     curl --data hello http://127.0.0.1:8080/echo      the request's body
@main enum HTTPServer {
    static func main() throws {
        let endpoint = try Endpoint(parsing: CommandLine.arguments.dropFirst().first ?? "127.0.0.1:0")
        let loop = try EventLoop()
        let listener = Listener(loop: loop)
        try listener.listen(on: endpoint.resolve(passive: true)[0])
        listener.sweep()
        print("listening on \(listener.address!)")
        fflush(nil)
        loop.run()
    }
}

/// Accepts connections, and closes those on which nothing happens any more.
final class Listener: Dispatcher {
    private static let patience = Duration.seconds(30)

    override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        socket.set(.noDelay, true)
        _ = Connection(loop: loop, socket: socket, peer: peer)
    }

    /// Looks once a second, by a timer that renews itself.
    func sweep() {
        for case let connection as Connection in loop.channels
        where loop.now - connection.lastActivity > Self.patience {
            connection.close()
        }
        loop.schedule(after: .seconds(1)) { [weak self] in self?.sweep() }
    }
}

/// One client's requests, in order: each is a head that CR LF CR LF ends, then a body of as many bytes as the head says.
final class Connection: ChatChannel {
    private enum Phase {
        case head
        case body(of: Request)
        /// The last answer is given: whatever else comes is read and thrown away. Closing while bytes are unread would
        /// make the kernel send a reset, which can destroy the answer on its way.
        case over
    }

    private static let headEnd: Terminator = .bytes("\r\n\r\n")
    private static let longestHead = 16 << 10
    private static let longestBody = 1 << 20
    private static let mostAnswersWaiting = 16

    private(set) var lastActivity: LoopInstant
    private var phase = Phase.head
    private var collected: [UInt8] = []

    override init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress?) {
        lastActivity = loop.now
        super.init(loop: loop, socket: socket, peer: peer)
        setTerminator(Self.headEnd)
    }

    // MARK: - Requests in

    /// A client that does not take its answers is not asked for more questions.
    override func readable() -> Bool { fifo.count < Self.mostAnswersWaiting }

    override func handleReceived(_ bytes: RawSpan) { lastActivity = loop.now }

    override func collectIncomingData(_ data: RawSpan) {
        if case .over = phase { return }
        data.withUnsafeBytes { collected.append(contentsOf: $0) }
        if case .head = phase, collected.count > Self.longestHead {
            refuse("431 Request Header Fields Too Large")
        }
    }

    override func foundTerminator() {
        let message = collected
        collected.removeAll(keepingCapacity: true)
        switch phase {
        case .head: take(head: message)
        case .body(let request): answer(request, body: message)
        case .over: break
        }
    }

    /// The client may have asked, and ended its stream, and be waiting for the answer.
    override func handleEndOfStream() { closeWhenDone() }

    private func take(head: [UInt8]) {
        guard let request = Request(parsing: head) else { return refuse("400 Bad Request") }
        guard request.fields["transfer-encoding"] == nil else { return refuse("501 Not Implemented") }
        guard request.bodyByteCount <= Self.longestBody else { return refuse("413 Content Too Large") }
        // A count of 0 means "collect for ever": a body of no bytes must not be waited for.
        guard request.bodyByteCount > 0 else { return answer(request, body: []) }
        if request.fields["expect"] == "100-continue" { push(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        phase = .body(of: request)
        setTerminator(.count(request.bodyByteCount))
    }

    // MARK: - Answers out

    override func handleSent(byteCount: Int) { lastActivity = loop.now }

    private func answer(_ request: Request, body: [UInt8]) {
        phase = request.isLast ? .over : .head
        switch (request.method, request.path) {
        case ("GET", "/"), ("HEAD", "/"):
            let text = Array("You asked from \(address.map(String.init(describing:)) ?? "somewhere").\n".utf8)
            respond("200 OK", byteCount: text.count)
            if request.method == "GET" { push(text) }
        case ("POST", "/echo"):
            respond("200 OK", byteCount: body.count)
            push(body)
        case ("GET", let path) where path.hasPrefix("/bytes/"):
            guard let byteCount = UInt32(path.dropFirst("/bytes/".count)).map(Int.init) else { fallthrough }
            respond("200 OK", byteCount: byteCount)
            pushWithProducer(Alphabet(byteCount: byteCount))
        default:
            respond("404 Not Found", byteCount: 0)
        }
        endRequest()
    }

    private func refuse(_ status: String) {
        phase = .over
        respond(status, byteCount: 0)
        endRequest()
    }

    private func respond(_ status: String, byteCount: Int) {
        var head = "HTTP/1.1 \(status)\r\nContent-Length: \(byteCount)\r\nContent-Type: text/plain\r\n"
        if case .over = phase { head += "Connection: close\r\n" }
        push(Array("\(head)\r\n".utf8))
    }

    private func endRequest() {
        collected.removeAll(keepingCapacity: true)
        if case .over = phase {
            setTerminator(.none)
            shutdownWriteWhenDone()
        } else {
            setTerminator(Self.headEnd)
        }
    }

    /// The answer is on its way and its end with it; the client has a moment to take it.
    override func handleWriteShutdown() {
        loop.schedule(after: .seconds(2)) { [weak self] in self?.close() }
    }
}

/// A request's head.
struct Request {
    let method: String
    let path: String
    /// By name in lower case.
    private(set) var fields: [String: String] = [:]
    let bodyByteCount: Int
    /// The client asks for nothing more on this connection.
    let isLast: Bool

    /// Nil for what is not a request, or leaves doubt about where it ends.
    init?(parsing head: [UInt8]) {
        // To Swift, CR LF is one character.
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, ["HTTP/1.1", "HTTP/1.0"].contains(words[2]) else { return nil }
        (method, path) = (words[0], words[1])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let earlier = fields.updateValue(value.lowercased(), forKey: line[..<colon].lowercased())
            guard earlier == nil || line[..<colon].lowercased() != "content-length" else { return nil }
        }
        let length = fields["content-length"] ?? "0"
        guard length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(length) else { return nil }
        bodyByteCount = count
        isLast = fields["connection"] == "close" || (words[2] == "HTTP/1.0" && fields["connection"] != "keep-alive")
    }
}

/// Makes the alphabet over and over, a page at a time: however much is asked for, only one page exists.
final class Alphabet: Producer {
    private static let page = (0..<26 * 512).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    private var left: Int

    init(byteCount: Int) { left = byteCount }

    func more() -> [UInt8]? {
        let piece = Array(Self.page.prefix(left))
        left -= piece.count
        return piece
    }
}
