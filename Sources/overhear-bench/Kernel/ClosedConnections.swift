import Glibc

/// Connections that are over, and whose ports the kernel keeps for a minute more (TIME_WAIT, tcp(7)).
///
/// It forgets them all at once: a hundred thousand hold a core up for tens of milliseconds, which the percentiles of whoever
/// is measured then would tell.
enum ClosedConnections {
    /// So few are forgotten in no time.
    private static let harmlessCount = 1000
    private static let rememberedSeconds = 65.0

    /// Waits until nearly all of them are forgotten, or would be if others did not make new ones.
    ///
    /// - Parameter part: of that time, at most: what only shows that all runs need not wait.
    static func waitUntilForgotten(part: Double) {
        let deadline = Clock.now() + Nanoseconds(seconds: rememberedSeconds * part)
        while count > harmlessCount, Clock.now() < deadline {
            Terminal.progress("the kernel has yet to forget \(count) connections")
            usleep(500_000)
        }
    }

    /// Of this machine; 0 where that is unknown.
    private static var count: Int {
        let words = (Files.text("/proc/net/sockstat") ?? "").split { $0 == " " || $0 == "\n" }
        guard let name = words.firstIndex(of: "tw"), name + 1 < words.count else { return 0 }
        return Int(words[name + 1]) ?? 0
    }
}
