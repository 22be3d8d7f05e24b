import Foundation
import Glibc

/// A program as a process of its own, talked to by its standard input and output, and gone when nobody holds it any more.
///
/// Made with posix_spawn(3) rather than with Foundation, whose children inherit the signals that a test runner blocks: such
/// a child does not end when it is told to. Nothing here waits longer than `patience`.
final class RunningExample {
    private static let patience: Duration = .seconds(20)

    /// A program that did not do its part in time, or could not be started.
    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    private let name: String
    private let pid: pid_t
    private var input: FileHandle?
    private let output: FileHandle
    private var read: [UInt8] = []
    private var status: Int32?

    /// Starts one of the examples, which were built beside these tests, or a program that a path names.
    ///
    /// - Parameter file: the path of its standard input; what is typed if there is none.
    init(_ name: String, _ arguments: [String] = [], readingFrom file: String? = nil) throws {
        self.name = name
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let path = name.hasPrefix("/") ? name : tests.deletingLastPathComponent().appending(path: name).path
        let (inputPair, outputPair) = (try Self.connectedPair(), try Self.connectedPair())

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let file {
            posix_spawn_file_actions_addopen(&actions, 0, file, O_RDONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, inputPair.childs.fileDescriptor, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, outputPair.childs.fileDescriptor, 1)

        // A child begins with no signal blocked or ignored, whatever the test runner does.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = withExtendedLifetime((inputPair, outputPair)) {
            posix_spawn(&pid, path, &actions, &attributes, words, environ)
        }
        guard code == 0 else { throw Trouble(description: "cannot start \(path): \(String(cString: strerror(code)))") }
        self.pid = pid
        input = inputPair.ours
        output = outputPair.ours
    }

    deinit { stop() }

    /// The address that it says it listens on.
    func listeningAddress() throws -> String {
        let line = try nextLine()
        guard line.hasPrefix("listening on ") else { throw Trouble(description: "\(name) said: \(line)") }
        return String(line.dropFirst("listening on ".count))
    }

    /// The next line it prints, without its end; empty at the end of the output.
    func nextLine() throws -> String {
        while true {
            if let end = read.firstIndex(of: 0x0A) {
                defer { read.removeSubrange(...end) }
                return String(decoding: read[..<end], as: UTF8.self)
            }
            guard try readMore() else { return takeRest() }
        }
    }

    /// Everything it prints, to its end.
    func remainingOutput() throws -> String {
        while try readMore() {}
        return takeRest()
    }

    func type(_ text: String) throws { try input?.write(contentsOf: Data(text.utf8)) }

    func endInput() throws {
        try input?.close()
        input = nil
    }

    /// Waits for its end; 128 and the signal's number if one ended it.
    func exitStatus() throws -> Int32 {
        let deadline = ContinuousClock.now + Self.patience
        while !hasEnded() {
            guard ContinuousClock.now < deadline else { throw Trouble(description: "\(name) does not end") }
            usleep(2000)
        }
        let status = status ?? 0
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    /// Ends it at once.
    func stop() {
        guard !hasEnded() else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        self.status = status
    }

    private func hasEnded() -> Bool {
        if status != nil { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        self.status = status
        return true
    }

    private func takeRest() -> String {
        defer { read = [] }
        return String(decoding: read, as: UTF8.self)
    }

    /// False at the end of the output.
    private func readMore() throws -> Bool {
        var watched = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = CInt(Self.patience.components.seconds * 1000)
        guard poll(&watched, 1, milliseconds) > 0 else { throw Trouble(description: "\(name) says nothing") }
        let more = output.availableData
        read += more
        return !more.isEmpty
    }

    /// Two connected descriptors that every other child is closed out of: one that kept a copy would keep the stream from
    /// ending. Sockets, because Swift's Glibc module has no pipe2(2) to make a pipe like that.
    private static func connectedPair() throws -> (ours: FileHandle, childs: FileHandle) {
        var descriptors: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &descriptors) == 0 else { throw Trouble(description: "there is no socket") }
        return (
            FileHandle(fileDescriptor: descriptors[0], closeOnDealloc: true),
            FileHandle(fileDescriptor: descriptors[1], closeOnDealloc: true)
        )
    }
}
