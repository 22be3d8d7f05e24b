import Glibc

/// Which cores the parts of a measurement run on: nobody shares the relay's.
///
/// Three busy threads on two cores are put together anew all the time, and what the kernel makes of that moves a relay's rate
/// by a third for the same processor time. So the relay has its place, and load and server have theirs. With more than two
/// cores they have one each and the relay the rest; a single core is everybody's.
struct Cores {
    /// Lists as taskset(1) has them; nil: any.
    let load: String?
    let server: String?
    let relay: String?

    /// - Parameter allowed: the numbers of those that may be used.
    init(allowed: [Int]) {
        guard allowed.count > 1 else {
            (load, server, relay) = (nil, nil, nil)
            return
        }
        let own = allowed.count > 2 ? 1 : 0
        load = "\(allowed[0])"
        server = "\(allowed[own])"
        relay = allowed[(own + 1)...].map(String.init).joined(separator: ",")
    }

    /// Wherever the kernel puts everything.
    static let any = Cores(allowed: [])

    /// Those this process was started on.
    static let ofThisMachine = Cores(allowed: allowed(to: "self"))

    /// Keeps this process, which is the load, to the load's.
    func keepLoad() throws {
        guard let load else { return }
        _ = try Child.output(of: "taskset", ["--cpu-list", "--pid", load, "\(getpid())"])
    }

    /// Those that a process may run on, by its name in `/proc`.
    static func allowed(to process: String) -> [Int] {
        let lines = (Files.text("/proc/\(process)/status") ?? "").split(separator: "\n")
        let line = lines.first { $0.hasPrefix("Cpus_allowed_list:") }
        return numbers(in: line?.split(separator: ":").last.map { $0.filter { !$0.isWhitespace } } ?? "")
    }

    /// Of a list as the kernel writes it: `0-2,5`.
    static func numbers(in list: String) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }
}
