package import AsyncChat

/// One scraper's connection: a chat in which a message is a request head, and the answer is a producer of blocks.
///
/// One answer at a time: while it is being taken nothing is read, and requests already received wait their turn. After
/// the last answer the stream is ended and what still comes is read and thrown away for a moment: closing with bytes
/// unread makes the kernel send a reset, which can destroy an answer on its way.
package final class MetricsChannel: ChatChannel {
    private enum Phase {
        /// For the end of a request's head.
        case waiting
        case answering
        /// Everything is said; the peer may still be speaking.
        case lingering
    }

    /// What was asked, in order, and not answered yet.
    private enum Question {
        case request(RequestHead)
        case refusal(Refusal)

        var isLast: Bool {
            switch self {
            case .request(let request): request.isLast
            case .refusal: true
            }
        }
    }

    private let site: MetricsSite
    private let limits: MetricsLimits
    private var phase = Phase.waiting
    private var head: HeadCollector
    private var questions: [Question] = []
    /// From then on a head's time counts from its first byte.
    private var hasAnswered = false
    /// No further request is taken from this connection: the last one has come, or the stream ended.
    private var isDeaf = false
    /// The peer's stream has ended: there is nothing to linger for.
    private var hasEnded = false
    private var lingeredByteCount = 0
    private var deadline: LoopInstant

    /// When the wait for the head at hand began.
    private(set) var waitingSince: LoopInstant

    init(loop: EventLoop, socket: consuming Socket, site: MetricsSite, limits: MetricsLimits) {
        self.site = site
        self.limits = limits
        head = HeadCollector(byteLimit: limits.headByteCount)
        waitingSince = loop.now
        deadline = loop.now + limits.headTimeout
        super.init(loop: loop, socket: socket)
        inputBufferByteCount = 16384
        setTerminator(.bytes("\r\n\r\n"))
    }

    /// Nothing is owed to this scraper: it has yet to ask.
    var isWaitingForHead: Bool { phase == .waiting }

    /// A peer that does not take its answer would keep the kernel's buffer too: it gets a reset.
    func closeIfOverdue() {
        guard loop.now >= deadline else { return }
        if phase == .answering { resetOnClose() }
        close()
    }

    // MARK: - Requests in

    package override func readable() -> Bool { phase != .answering }

    package override func collectIncomingData(_ data: RawSpan) throws {
        guard !isDeaf else { return linger(over: data.byteCount) }
        if head.isEmpty, phase == .waiting, hasAnswered { deadline = loop.now + limits.headTimeout }
        do throws(Refusal) {
            try head.collect(data)
        } catch {
            take(.refusal(error))
        }
    }

    package override func foundTerminator() throws {
        guard !isDeaf else { return }
        do throws(Refusal) {
            take(.request(try RequestHead(parsing: head.take())))
        } catch {
            take(.refusal(error))
        }
    }

    package override func handleEndOfStream() {
        guard phase == .waiting, !head.isEmpty else { return endChannel() }
        hasEnded = true
        take(.refusal(.malformed("The request ended before its head did.")))
    }

    private func take(_ question: Question) {
        questions.append(question)
        if question.isLast {
            isDeaf = true
            setTerminator(.none)
        }
        if phase == .waiting { answerNext() }
    }

    // MARK: - Answers out

    package override func handleWrite() throws {
        try super.handleWrite()
        if isOpen, phase == .answering, fifo.isEmpty { answerTaken() }
    }

    package override func handleWriteShutdown() {
        phase = .lingering
        deadline = loop.now + limits.lingerTimeout
    }

    private func answerNext() {
        let question = questions.removeFirst()
        phase = .answering
        deadline = loop.now + limits.answerTimeout
        pushWithProducer(BlockProducer(wire(for: question)))
        guard isOpen, question.isLast else { return }
        if hasEnded { closeWhenDone() } else { shutdownWriteWhenDone() }
    }

    private func wire(for question: Question) -> [[UInt8]] {
        switch question {
        case .request(let request):
            site.response(to: request).wire(withBody: request.method != .head, isLast: request.isLast)
        case .refusal(let refusal):
            Response(refusal).wire(withBody: true, isLast: true)
        }
    }

    private func answerTaken() {
        guard questions.isEmpty else { return answerNext() }
        phase = .waiting
        hasAnswered = true
        waitingSince = loop.now
        deadline = loop.now + (head.isEmpty ? limits.idleTimeout : limits.headTimeout)
    }

    private func linger(over byteCount: Int) {
        lingeredByteCount += byteCount
        if lingeredByteCount > limits.lingerByteCount { close() }
    }
}
