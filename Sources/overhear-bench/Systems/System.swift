/// One way for bytes to get from the load to the server and back: how it is started, and what it needs for that.
struct System: Sendable {
    /// Where one run of a system finds its things.
    struct Place {
        let folder: Folder
        /// Where it is to listen.
        let port: UInt16
        /// Where its bytes go.
        let upstream: UInt16
        /// Where it may serve metrics.
        let metrics: UInt16
        var database: String { folder.file("capture.db") }
    }

    let name: String
    let meaning: String
    /// What it is started as; nil: nothing stands between load and server.
    let program: String?
    /// Files it needs besides the program.
    var needs: [String] = []
    /// How to ask its program for its version, and so to know what was measured.
    var versionArguments: [String] = []
    /// What it writes down of the messages, for the check that all of them are there.
    var record: Record?
    /// Does it serve metrics?
    var hasMetrics = false
    /// Its arguments; writes the configuration it needs into its folder.
    let arguments: @Sendable (Place) throws -> [String]

    /// What is not there of what it needs; nil if it can run.
    var missing: String? {
        guard let program else { return nil }
        if Child.find(program) == nil { return program }
        return needs.first { !Files.exists($0) }
    }

    /// Starts it and waits until it listens.
    func start(upstream: UInt16) throws -> RunningSystem {
        let place = Place(
            folder: try Folder(),
            port: program == nil ? upstream : try Loopback.freePort(),
            upstream: upstream,
            metrics: try Loopback.freePort()
        )
        guard let program else { return RunningSystem(self, place, child: nil) }
        let child = try Child(program, try arguments(place), output: place.folder.file("output"))
        try child.waitUntilListening(on: place.port)
        return RunningSystem(self, place, child: child)
    }
}

/// A system that listens.
final class RunningSystem {
    let system: System
    let place: System.Place
    let child: Child?

    init(_ system: System, _ place: System.Place, child: Child?) {
        self.system = system
        self.place = place
        self.child = child
    }

    var processorReading: ProcessorReading? { child.map { ProcessorReading(group: $0.pid) } }

    /// Ends it, and holds what it wrote down against what was sent.
    func finish(after outcome: Outcome, goesBack: Bool) throws {
        guard let child else { return }
        try child.end()
        try system.record?.check(place, outcome, goesBack: goesBack)
    }
}
