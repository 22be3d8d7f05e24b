import Glibc

/// What does not change while the process lives, read once.
struct MachineConstants: Sendable {
    /// Clock ticks in one second of processor time.
    let ticksPerSecond: Int64
    let pageBytes: Int64
    /// When the machine started, in seconds since 1970.
    let bootSeconds: Int64?

    static func current() -> MachineConstants {
        MachineConstants(
            ticksPerSecond: Int64(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Int64(sysconf(Int32(_SC_PAGESIZE))),
            bootSeconds: ProcFile.text("/proc/stat").flatMap(bootSeconds(stat:))
        )
    }

    /// The `btime` line of proc_stat(5).
    static func bootSeconds(stat: String) -> Int64? {
        let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Int64($0.dropFirst("btime ".count)) }
    }
}
