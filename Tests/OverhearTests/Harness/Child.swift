import CLinux
import Foundation
import Glibc

/// A program started by a test: its output goes to files, and it is gone when nobody holds it any more.
final class Child {
    let program: String
    let pid: pid_t
    private let folder: Folder
    private let outputPath: String
    private let errorsPath: String
    private var status: Int32?

    /// - Parameters:
    ///   - environment: all it gets, besides PATH and a temporary folder.
    ///   - directory: where it runs; its own temporary folder if not given.
    ///   - input: what it reads from its standard input.
    ///   - errors: a descriptor for its standard error instead of a file.
    ///   - pipes: descriptors that it gets as 3, 4 and so on; above those.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String? = nil,
        input: String = "",
        errors: CInt? = nil,
        pipes: [CInt] = []
    ) throws {
        self.program = program
        folder = try Folder()
        outputPath = folder.file("output")
        errorsPath = folder.file("errors")
        let inputPath = folder.file("input")
        try Data(input.utf8).write(to: URL(fileURLWithPath: inputPath))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        if let errors {
            posix_spawn_file_actions_adddup2(&actions, errors, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }

        // What other tests have open at this moment is not the child's.
        for (index, pipe) in pipes.enumerated() { posix_spawn_file_actions_adddup2(&actions, pipe, 3 + CInt(index)) }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3 + CInt(pipes.count))

        // A child begins with no signal blocked or ignored, whatever the test runner does.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var variables = ["PATH": Self.path, "TMPDIR": folder.path, "HOME": folder.path, "LC_ALL": "C.UTF-8"]
        variables.merge(environment) { $1 }
        guard let file = Self.find(program) else { throw Trouble("there is no \(program); is it installed?") }
        // env(1) changes into the folder and becomes the program.
        let words = (["env", "-C", directory ?? folder.path, file] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, words, settings)
        guard code == 0 else { throw Trouble("cannot start \(program): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    deinit {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        _ = try? wait()
    }

    var output: String { Self.text(outputPath) }
    var errors: String { Self.text(errorsPath) }
    var outputBytes: Data { FileManager.default.contents(atPath: outputPath) ?? Data() }

    /// Whole lines only.
    var errorLines: [String] {
        let text = errors
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
        return text.hasSuffix("\n") ? lines : lines.dropLast()
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

    /// Waits for its end.
    ///
    /// - Returns: its exit status, or 128 and the signal that ended it.
    @discardableResult
    func wait(within seconds: Double = 60) throws -> Int32 {
        try eventually(within: seconds, "\(program) has not ended; it said: \(errors)") { hasEnded }
        return status ?? -1
    }

    func signal(_ number: Int32) { if !hasEnded { kill(pid, number) } }

    /// Asks it to end, and waits for it.
    @discardableResult
    func terminate() throws -> Int32 {
        signal(SIGTERM)
        return try wait()
    }

    /// Debian keeps servers in sbin, which a plain user's PATH does not name.
    private static let path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

    private static func find(_ program: String) -> String? {
        if program.contains("/") { return program }
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// Runs a program to its end.
func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    directory: String? = nil,
    input: String = "",
    within seconds: Double = 60
) throws -> (status: Int32, output: String, errors: String) {
    let child = try Child(program, arguments, environment: environment, directory: directory, input: input)
    let status = try child.wait(within: seconds)
    return (status, child.output, child.errors)
}

/// Runs a program that must succeed.
///
/// - Returns: what it printed.
@discardableResult
func succeed(_ program: String, _ arguments: [String], input: String = "") throws -> String {
    let outcome = try run(program, arguments, input: input)
    guard outcome.status == 0 else {
        throw Trouble("\(program) \(arguments) ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
    }
    return outcome.output
}
