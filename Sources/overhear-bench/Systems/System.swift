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
        /// What is said over its connections.
        let content: Content
        /// What it writes down goes into this file, a database or its own.
        var capture: String { folder.file("capture.db") }
    }

    let name: String
    let meaning: String
    /// What it is started as; nil: nothing stands between load and server.
    let program: String?
    /// Files it needs besides the program.
    var needs: [String] = []
    /// Anything else it lacks, where looking for files does not tell.
    var lacks: @Sendable () -> String? = { nil }
    /// How to ask its program for its version, and so to know what was measured.
    var versionArguments: [String] = []
    /// What it keeps of the messages, for the check that all of them were heard.
    var record: Record?
    /// Its metrics are scraped every second.
    var isScraped = false
    /// Its record is read by somebody who keeps the transaction open all the time.
    var isHeld = false
    /// Its arguments; writes the configuration it needs into its folder.
    let arguments: @Sendable (Place) throws -> [String]

    /// What is not there of what it needs; nil if it can run.
    var missing: String? {
        guard let program else { return nil }
        if Child.find(program) == nil { return program }
        return needs.first { $0.contains("/") ? !Files.exists($0) : Child.find($0) == nil } ?? lacks()
    }

    /// The first line of what its program says of its version; nil if it has no program of its own.
    var version: String? {
        guard let program, !versionArguments.isEmpty else { return nil }
        return Child.version(of: program, versionArguments)
    }

    /// Starts it on the relay's cores and waits until it listens.
    func start(upstream: UInt16, content: Content, _ cores: Cores) throws -> RunningSystem {
        let place = Place(
            folder: try Folder(),
            port: program == nil ? upstream : try Loopback.freePort(),
            upstream: upstream,
            metrics: try Loopback.freePort(),
            content: content
        )
        guard let program else { return RunningSystem(self, place) }
        let child = try Child(
            program,
            try arguments(place),
            cores: cores.relay,
            output: place.folder.file("output")
        )
        try child.waitUntilListening(on: place.port)
        let scraper = isScraped ? try Scraper(of: place.metrics) : nil
        let reader = isHeld ? try HoldingReader(of: place.capture) : nil
        return RunningSystem(self, place, child: child, scraper: scraper, reader: reader)
    }
}
