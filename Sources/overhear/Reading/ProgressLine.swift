import Glibc

/// How far something long has come, in one line on stderr that is gone when it is done; only on a terminal, and only
/// once it has taken a while.
final class ProgressLine {
    private let what: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var latest = ContinuousClock.now
    private var isDirty = false

    init(_ what: String) { self.what = what }

    deinit { clear() }

    /// - Parameter total: 0 where nobody knows it.
    func show(_ done: Int64, of total: Int64) {
        let now = ContinuousClock.now
        guard isShown, now - start > .milliseconds(500), now - latest > .milliseconds(100) else { return }
        latest = now
        isDirty = true
        write("\r\u{1b}[K\(what)\(total > 0 ? " \(100 * min(done, total) / total)%" : "") …")
    }

    func clear() {
        if isDirty { write("\r\u{1b}[K") }
        isDirty = false
    }

    private func write(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
