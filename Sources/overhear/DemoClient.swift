import AsyncChat

/// The demo's client: says its lines one after the other, each when the one before is answered.
final class DemoClient: ChatChannel {
    private var unsaid: ArraySlice<String>
    private let farewell: String?
    private let finished: () -> Void
    private var isFinished = false

    /// - Parameters:
    ///   - farewell: said last, without a newline, before this side ends; nil to stay connected.
    ///   - finished: called once everything is said and answered.
    init(loop: EventLoop, lines: [String], farewell: String?, finished: @escaping () -> Void) {
        unsaid = lines[...]
        self.farewell = farewell
        self.finished = finished
        super.init(loop: loop)
        setTerminator(.bytes("\n"))
    }

    override func handleConnect() {
        sayNext()
    }

    override func foundTerminator() {
        sayNext()
    }

    override func handleClose() {
        close()
        finish()
    }

    override func handleError(_ error: any Error) {
        loop.reportError(self, error)
        handleClose()
    }

    private func sayNext() {
        if let line = unsaid.popFirst() { return push(Array((line + "\n").utf8)) }
        guard let farewell else { return finish() }
        push(Array(farewell.utf8))
        shutdownWriteWhenDone()
    }

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        finished()
    }
}
