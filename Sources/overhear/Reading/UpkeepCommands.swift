import ArgumentParser
import Capture

/// `overhear db migrate`
struct DatabaseMigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring a capture's schema to this version, as overhear run does when it starts."
    )

    @OptionGroup var capture: CaptureOptions

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() throws {
        let run = try UpkeepRun("migrating") { (_) throws(CaptureError) in try Upkeep.migrate(capture.database) }
        let names = run.upkeep.migrations
        try run.answer(
            capture.database,
            json: json,
            names.isEmpty ? "is up to date" : "applied \(names.joined(separator: ", "))"
        ) { $0.add("migrations", texts: names) }
    }
}

/// `overhear db shrink`
struct DatabaseShrinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shrink",
        abstract: "Give a capture's free space back to the filesystem.",
        discussion: """
            A file keeps what deleting frees, to use it again; this hands it back. What is
            recorded stays. Can be broken off at any time, and goes on where it was.
            """
    )

    @OptionGroup var capture: CaptureOptions

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() throws {
        let run = try UpkeepRun("shrinking") { (progress) throws(CaptureError) in
            try Upkeep.shrink(capture.database, progress)
        }
        try run.answer(capture.database, json: json, run.sizes) { _ in }
    }
}

/// `overhear db prune`
struct DatabasePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete the oldest of a capture, down to the limits given.",
        discussion: """
            Deletes what a relay with these limits would: messages, samples and gaps alike,
            the oldest first, then the sessions nothing is left of. What it frees is used
            again; overhear db shrink gives it back.

            EXAMPLES
              overhear db prune --retain-age 24h
              overhear db prune --retain-messages 1000000
            """
    )

    @OptionGroup var capture: CaptureOptions

    @Option(help: ArgumentHelp("Keep file and write-ahead log below this, from 32MiB on.", valueName: "size"))
    var retainBytes: ByteCountArgument?

    @Option(help: ArgumentHelp("Keep what was heard within this time.", valueName: "duration"))
    var retainAge: DurationArgument?

    @Option(help: ArgumentHelp("Keep so many messages.", valueName: "count"))
    var retainMessages: Int64?

    @Flag(help: "Write one JSON object.")
    var json = false

    /// 0 lifts a limit, as it does for the relay.
    private var retention: Retention {
        Retention(
            byteCount: retainBytes.flatMap { $0.byteCount == 0 ? nil : Int64($0.byteCount) },
            age: retainAge?.limit,
            messageCount: retainMessages.flatMap { $0 == 0 ? nil : $0 }
        )
    }

    func validate() throws {
        let retention = retention
        if retention == Retention(byteCount: nil, age: nil, messageCount: nil) {
            throw ValidationError("say what to keep with --retain-bytes, --retain-age or --retain-messages")
        }
        if let byteCount = retention.byteCount, byteCount < Retention.leastByteCount {
            throw ValidationError("--retain-bytes must be at least 32MiB")
        }
        if let count = retention.messageCount, count < 0 {
            throw ValidationError("--retain-messages must be at least 0")
        }
    }

    func run() throws {
        let retention = retention
        let run = try UpkeepRun("pruning") { (progress) throws(CaptureError) in
            try Upkeep.prune(capture.database, retention, progress)
        }
        let upkeep = run.upkeep
        let deleted =
            "deleted \(Amount.count(upkeep.messages, "message")), \(Amount.count(upkeep.samples, "sample")), "
            + "\(Amount.count(upkeep.sessions, "session")), \(Amount.count(upkeep.gaps, "gap")); \(run.sizes)"
        try run.answer(capture.database, json: json, deleted) { object in
            object.add("messages", upkeep.messages)
            object.add("channel_samples", upkeep.samples)
            object.add("sessions", upkeep.sessions)
            object.add("gaps", upkeep.gaps)
        }
    }
}

/// One of them being done, and what it answers.
private struct UpkeepRun {
    let upkeep: Upkeep
    private let duration: Duration

    init(_ doing: String, _ work: (Progress) throws(CaptureError) -> Upkeep) throws {
        let interruption = try Interruption()
        let progress = ProgressLine(doing)
        let start = ContinuousClock.now
        do throws(CaptureError) {
            upkeep = try work { done, total in
                progress.show(done, of: total)
                return !interruption.isAsked
            }
        } catch {
            progress.clear()
            if error.kind == .cancelled { interruption.leave() }
            throw Refusal(error)
        }
        progress.clear()
        duration = ContinuousClock.now - start
    }

    var sizes: String {
        "\(Amount.bytes(upkeep.bytesBefore)) before, \(Amount.bytes(upkeep.bytesAfter)) now"
            + (upkeep.isHeldByReader ? " (a reader holds the log; it shrinks when that one is done)" : "")
    }

    func answer(_ name: String, json: Bool, _ text: String, _ more: (inout JSONText) -> Void) throws {
        let outlet = Outlet()
        if json {
            var object = JSONText()
            object.add("database", name)
            more(&object)
            object.add("bytes_before", upkeep.bytesBefore)
            object.add("bytes_after", upkeep.bytesAfter)
            object.add("held_by_reader", upkeep.isHeldByReader)
            object.add("seconds", duration / .seconds(1))
            try outlet.writeLine(object.description)
        } else {
            try outlet.writeLine("\(SafeText.shown(name)): \(text)")
        }
        try outlet.flush()
    }
}
