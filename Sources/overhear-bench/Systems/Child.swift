import CLinux
import Glibc

/// A program that runs beside the bench, in a process group of its own, and is gone when nobody holds it any more.
final class Child {
    let program: String
    let pid: pid_t
    private let output: String
    private var status: Int32?
    /// Nothing of its process group runs any more, and the group's number may be somebody else's.
    private var isGroupGone = false

    /// - Parameters:
    ///   - user: whose it is to be, where that is not the bench's own; only root may ask for that.
    ///   - cores: the only ones it may run on, as taskset(1) lists them; nil: those of the bench.
    ///   - output: the file that gets all it says.
    init(
        _ program: String,
        _ arguments: [String],
        as user: String? = nil,
        cores: String? = nil,
        output: String
    ) throws {
        guard let path = Self.find(program) else { throw Trouble("there is no \(program)") }
        self.program = program
        self.output = output
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        // It begins with no signal blocked or ignored, whoever started the bench.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        // setpriv(1) becomes the program, by way of taskset(1), and ends with the bench however that ends.
        let place = cores.map { ["taskset", "--cpu-list", $0] } ?? []
        // Where the bench is may be closed to others.
        let owner = user.map { ["--reuid", $0, "--regid", $0, "--clear-groups", "env", "--chdir", "/"] } ?? []
        let setpriv = ["setpriv", "--pdeathsig", "TERM"] + owner + place
        let words = (setpriv + [path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, "setpriv", &actions, &attributes, words, environ)
        guard code == 0 else { throw Trouble("cannot start \(program): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    deinit {
        endGroup()
    }

    /// Kills what is left of its process group, and waits until nothing of it runs: the next measurement is to have the cores
    /// to itself.
    private func endGroup() {
        guard !isGroupGone else { return }
        isGroupGone = true
        kill(-pid, SIGKILL)
        if !hasEnded { waitpid(pid, nil, 0) }
        // What hangs in the kernel nobody can wait for.
        let deadline = Clock.now() + Nanoseconds(seconds: 10)
        while ProcessTable.isRunning(group: pid), Clock.now() < deadline { usleep(1000) }
    }

    /// Has it ended? Takes its status then.
    var hasEnded: Bool {
        guard status == nil else { return true }
        var word: Int32 = 0
        guard waitpid(pid, &word, WNOHANG) == pid else { return false }
        let signal = word & 0x7f
        status = signal == 0 ? (word >> 8) & 0xff : 128 + signal
        return true
    }

    /// Waits until it accepts connections.
    func waitUntilListening(on port: UInt16, within seconds: Double = 20) throws {
        let deadline = Clock.now() + Nanoseconds(seconds: seconds)
        while !ListenerTable.hasListener(on: port) {
            if hasEnded { throw Trouble("\(program) ended at once (status \(status ?? -1)): \(said)") }
            guard Clock.now() < deadline else { throw Trouble("\(program) does not listen on port \(port): \(said)") }
            usleep(5000)
        }
    }

    /// Asks it to end, and waits for that.
    ///
    /// - Returns: its exit status, or 128 and the signal that ended it.
    @discardableResult
    func end(with signal: Int32 = SIGTERM, within seconds: Double = 30) throws -> Int32 {
        if !hasEnded { kill(pid, signal) }
        let deadline = Clock.now() + Nanoseconds(seconds: seconds)
        while !hasEnded {
            guard Clock.now() < deadline else { throw Trouble("\(program) does not end: \(said)") }
            usleep(2000)
        }
        endGroup()
        return status ?? -1
    }

    private var said: String { Files.text(output)?.split(separator: "\n").suffix(3).joined(separator: " / ") ?? "" }

    /// The file of a program, by its path or its name; Debian keeps servers in sbin, which a plain user's PATH does not name.
    static func find(_ program: String) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/local/sbin", "/usr/sbin", "/sbin"]).map { "\($0)/\(program)" }
            .first { access($0, X_OK) == 0 }
    }

    /// Runs a program to its end.
    ///
    /// - Returns: what it printed.
    static func output(of program: String, _ arguments: [String], as user: String? = nil) throws -> String {
        let folder = try Folder()
        let child = try Child(program, arguments, as: user, output: folder.file("output"))
        let deadline = Clock.now() + 120_000_000_000
        while !child.hasEnded {
            guard Clock.now() < deadline else { throw Trouble("\(program) does not end") }
            usleep(1000)
        }
        let output = Files.text(folder.file("output")) ?? ""
        guard child.status == 0 else { throw Trouble("\(program) ended with status \(child.status ?? -1): \(output)") }
        return output
    }

    /// The first line of what a program says of its version.
    static func version(of program: String, _ arguments: [String]) -> String? {
        let said = (try? output(of: program, arguments)) ?? ""
        let lines = said.split(separator: "\n").map { String($0.drop { $0 == " " }) }
        return lines.first { $0.contains { $0.isNumber } }
    }
}
