import ArgumentParser
import AsyncChat

/// One small HTTP GET on the engine, for the program's own use: the health check and the demo.
final class HTTPQuestion: ChatChannel {
    /// What came back.
    struct Answer {
        let status: Int
        let body: String
    }

    private let path: String
    private var received: [UInt8] = []
    private var isAnswered = false
    private let answered: (Result<Answer, Refusal>) -> Void

    init(loop: EventLoop, path: String, _ answered: @escaping (Result<Answer, Refusal>) -> Void) {
        self.path = path
        self.answered = answered
        super.init(loop: loop)
    }

    /// Asks and waits, on a loop made for it. An answer that is not there in time, or nobody to ask, is exit status 1.
    static func ask(_ path: String, at address: SocketAddress, within limit: Duration) throws -> Answer {
        let loop = try EventLoop()
        var result: Result<Answer, Refusal>?
        let question = HTTPQuestion(loop: loop, path: path) { result = $0 }
        defer { question.close() }
        do {
            try question.connect(to: address)
        } catch {
            throw NotReady("the relay does not answer: \(error)")
        }
        loop.schedule(after: limit) { question.finish(.failure(Refusal(.unavailable, "no answer in time"))) }
        while result == nil { loop.turn(timeout: limit) }
        switch result {
        case .success(let answer)?: return answer
        case .failure(let refusal)?: throw NotReady("the relay does not answer: \(refusal)")
        case nil: throw NotReady("the relay does not answer")
        }
    }

    override func handleConnect() {
        push(Array("GET \(path) HTTP/1.0\r\nHost: overhear\r\n\r\n".utf8))
    }

    override func collectIncomingData(_ data: RawSpan) {
        data.withUnsafeBytes { received += $0.prefix(1 << 22 - received.count) }
    }

    override func handleClose() {
        close()
        let text = String(decoding: received, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
        guard parts.count == 2, let status = parts[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else {
            return finish(.failure(Refusal(.unavailable, "the answer is not HTTP")))
        }
        finish(.success(Answer(status: status, body: parts[1])))
    }

    override func handleError(_ error: any Error) {
        close()
        finish(.failure(Refusal(.unavailable, "\(error)")))
    }

    private func finish(_ result: Result<Answer, Refusal>) {
        guard !isAnswered else { return }
        isAnswered = true
        answered(result)
    }
}

/// Exit status 1 with a sentence: not ready, or not there.
struct NotReady: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
