import Glibc

/// Results go to standard output, line by line; what is being done meanwhile to standard error, if somebody looks.
enum Terminal {
    static func print(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// Replaces the line that says what is being done; an empty one takes it away.
    static func progress(_ line: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[K" + line, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
