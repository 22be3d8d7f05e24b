import Glibc

/// What `/proc` tells of running processes (proc(5)).
enum ProcessTable {
    struct Process {
        let pid: pid_t
        let group: pid_t
        /// Has ended, and waits only for its parent to ask how.
        let isZombie: Bool
        let userTicks: Int
        let systemTicks: Int
        let childrenUserTicks: Int
        let childrenSystemTicks: Int
    }

    static func members(of group: pid_t) -> [Process] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var members: [Process] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), getpgid(pid) == group, let process = read(pid) else { continue }
            members.append(process)
        }
        return members
    }

    /// Is any process of a group still at work, or on its way out?
    static func isRunning(group: pid_t) -> Bool { members(of: group).contains { !$0.isZombie } }

    private static func read(_ pid: pid_t) -> Process? {
        // The name stands in parentheses and may hold anything: fields are counted behind it.
        guard let text = Files.text("/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ").map(String.init)
        guard fields.count > 14, let group = pid_t(fields[2]) else { return nil }
        let ticks = fields[11...14].map { Int($0) ?? 0 }
        return Process(
            pid: pid,
            group: group,
            isZombie: fields[0] == "Z",
            userTicks: ticks[0],
            systemTicks: ticks[1],
            childrenUserTicks: ticks[2],
            childrenSystemTicks: ticks[3]
        )
    }

    /// Bytes of a process that lie in memory, counted exactly and not from the kernel's approximate counters.
    static func residentByteCount(of pid: pid_t) -> Int? {
        guard let text = Files.text("/proc/\(pid)/smaps_rollup") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("Rss:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
