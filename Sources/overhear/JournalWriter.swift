import AsyncChat
import Glibc
import Synchronization

/// Writes the journal's lines to stderr on a thread of its own, so that a terminal or pipe that nobody reads never holds
/// up a loop.
///
/// What waits is bounded; lines beyond it are dropped, counted, and the count is written when there is room again.
final class JournalWriter: Sendable {
    /// The one for stderr.
    static let standardError = JournalWriter()

    private static let mostWaiting = 10_000
    private let backlog: Backlog
    private let lines: Errands<String>

    /// Lines that are not written yet, and lines that never will be.
    private final class Backlog: Sendable {
        let waiting = Atomic(0)
        let dropped = Atomic(0)
    }

    private init() {
        let backlog = Backlog()
        self.backlog = backlog
        lines = Errands(named: "journal") { line in
            Self.writeOut(line)
            if backlog.waiting.subtract(1, ordering: .relaxed).newValue == 0 { Self.report(backlog.dropped) }
        }
    }

    /// Queues one line, without its newline. Any thread; blocks only where the system gives no thread to write it on.
    func write(_ line: String) {
        guard backlog.waiting.load(ordering: .relaxed) < Self.mostWaiting else {
            backlog.dropped.add(1, ordering: .relaxed)
            return
        }
        backlog.waiting.add(1, ordering: .relaxed)
        if lines.push(line) { return }
        // No thread to be had: rather wait for whoever reads than keep silent about it.
        Self.writeOut(line)
        backlog.waiting.subtract(1, ordering: .relaxed)
    }

    /// Waits until everything is written, but no longer than half a second.
    func flush() {
        for _ in 0..<100 where backlog.waiting.load(ordering: .relaxed) > 0 { usleep(5000) }
    }

    private static func report(_ dropped: borrowing Atomic<Int>) {
        let count = dropped.exchange(0, ordering: .relaxed)
        if count > 0 { writeOut("journal: \(count) lines were dropped because nobody read them in time") }
    }

    private static func writeOut(_ line: String) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
