import Glibc

/// The server behind the relay, in a process of its own: an echo, an echo that says goodbye, the sink, or a real one.
final class ServerProcess {
    let port: UInt16
    private let folder: Folder
    private let child: Child

    /// - Parameter cores: as taskset(1) lists them; nil: those of the bench.
    init(for load: Load, cores: String?) throws {
        folder = try Folder()
        port = try Loopback.freePort()
        let part: [String]
        switch load.shape {
        case .closedLoop, .openLoop: part = load.content.greeting == nil ? ["echo"] : ["echo", "--postgres"]
        case .oneMessageEach: part = ["echo", "--once"]
        case .oneWay: part = ["sink"]
        case .realServer(let server):
            child = try server.start(on: port, in: folder, cores: cores)
            return
        }
        child = try Child(
            SystemCatalogue.ownProgram,
            part + ["--port", "\(port)"],
            cores: cores,
            output: folder.file("output")
        )
        try child.waitUntilListening(on: port)
    }

    deinit {
        // PostgreSQL, if killed, leaves processes and shared memory behind; on SIGINT it ends at once, as the others do.
        _ = try? child.end(with: SIGINT)
    }
}
