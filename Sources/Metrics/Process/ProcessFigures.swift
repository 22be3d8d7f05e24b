/// What the kernel knows about this process, read from /proc.
///
/// What cannot be read is nil and does not appear in the exposition: omitted rather than faked. See proc_pid_stat(5)
/// and proc_pid_limits(5).
struct ProcessFigures: Equatable, Sendable {
    var cpuTicks: Int64?
    /// Since the machine started.
    var startTicks: Int64?
    var virtualBytes: Int64?
    var residentPages: Int64?
    var threads: Int64?
    var virtualLimit: Limit?
    var descriptorLimit: Limit?
    var openDescriptors: Int64?

    enum Limit: Equatable, Sendable {
        case atMost(Int64)
        case unlimited
    }

    init() {}

    /// Reads everything now.
    static func current() -> ProcessFigures {
        var figures = ProcessFigures()
        if let stat = ProcFile.text("/proc/self/stat") { figures.take(stat: stat) }
        if let limits = ProcFile.text("/proc/self/limits") { figures.take(limits: limits) }
        figures.openDescriptors = ProcFile.openDescriptorCount()
        return figures
    }

    /// The fields follow the command name, which stands in parentheses and may itself hold spaces and parentheses.
    mutating func take(stat: String) {
        guard let end = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace).map { Int64($0) }
        // fields[0] is the third field of the manual page: the state.
        func field(_ number: Int) -> Int64? { number - 3 < fields.count ? fields[number - 3] : nil }
        if let user = field(14), let system = field(15) { cpuTicks = user + system }
        threads = field(20)
        startTicks = field(22)
        virtualBytes = field(23)
        residentPages = field(24)
    }

    mutating func take(limits: String) {
        virtualLimit = Self.softLimit(named: "Max address space", in: limits)
        descriptorLimit = Self.softLimit(named: "Max open files", in: limits)
    }

    private static func softLimit(named name: String, in limits: String) -> Limit? {
        guard let line = limits.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        guard let soft = line.dropFirst(name.count).split(separator: " ").first else { return nil }
        return soft == "unlimited" ? .unlimited : Int64(soft).map(Limit.atMost)
    }
}
