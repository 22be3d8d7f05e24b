/// The server behind the relay, in a process of its own: an echo, an echo that says goodbye, or the sink.
final class ServerProcess {
    let port: UInt16
    private let folder: Folder
    private let child: Child

    /// - Parameter cores: as taskset(1) lists them; nil: those of the bench.
    init(for load: Load, cores: String?) throws {
        folder = try Folder()
        port = try Loopback.freePort()
        let part =
            switch load.shape {
            case .closedLoop, .openLoop: load.content.greeting == nil ? ["echo"] : ["echo", "--postgres"]
            case .oneMessageEach: ["echo", "--once"]
            case .oneWay: ["sink"]
            }
        child = try Child(
            SystemCatalogue.ownProgram,
            part + ["--port", "\(port)"],
            cores: cores,
            output: folder.file("output")
        )
        try child.waitUntilListening(on: port)
    }
}
