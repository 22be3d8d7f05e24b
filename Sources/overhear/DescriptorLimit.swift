import CLinux
import Glibc

/// How many descriptors the process may have (getrlimit(2), RLIMIT_NOFILE), and so how many sessions.
enum DescriptorLimit {
    /// Kept back for the database, metrics connections, listeners and whatever the system opens.
    private static let reserve = 200

    /// Raises the soft limit to the hard one, and returns it.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// The sessions that fit: each has two descriptors.
    static func sessions(within descriptors: Int) -> Int {
        max(1, (descriptors - min(reserve, descriptors / 4)) / 2)
    }
}
