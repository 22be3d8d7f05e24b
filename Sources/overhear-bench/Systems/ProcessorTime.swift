import Glibc

/// Processor time in seconds of a core, split as the kernel's accounting splits it.
///
/// The sum is exact to the nanosecond (the process's CPU clock). The split is sampled at the kernel's tick (4 ms at 250 Hz):
/// add several rounds up before believing it.
struct ProcessorTime {
    var user = 0.0
    var system = 0.0
    var total: Double { user + system }

    static func + (a: ProcessorTime, b: ProcessorTime) -> ProcessorTime {
        ProcessorTime(user: a.user + b.user, system: a.system + b.system)
    }

    /// The calling thread's, both parts together.
    static func ofThisThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// That of all processes which were children and have ended, both parts together.
    static func ofEndedChildren() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}

/// What a process group has used so far: raw readings, of which two make a `ProcessorTime`.
struct ProcessorReading {
    private var userTicks = 0
    private var systemTicks = 0
    private var exact = 0.0

    /// Of all processes of a group, and the children they have waited for.
    init(group: pid_t) {
        let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))
        for process in ProcessTable.members(of: group) {
            userTicks += process.userTicks + process.childrenUserTicks
            systemTicks += process.systemTicks + process.childrenSystemTicks
            exact += Double(process.childrenUserTicks + process.childrenSystemTicks) / ticksPerSecond
            var clock = clockid_t()
            var time = timespec()
            if clock_getcpuclockid(process.pid, &clock) == 0, clock_gettime(clock, &time) == 0 {
                exact += Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
            }
        }
    }

    /// What was used from an earlier reading until this one.
    func since(_ earlier: ProcessorReading) -> ProcessorTime {
        let user = Double(userTicks - earlier.userTicks)
        let system = Double(systemTicks - earlier.systemTicks)
        let total = exact - earlier.exact
        guard user + system > 0 else { return ProcessorTime(user: 0, system: total) }
        return ProcessorTime(user: total * user / (user + system), system: total * system / (user + system))
    }
}
