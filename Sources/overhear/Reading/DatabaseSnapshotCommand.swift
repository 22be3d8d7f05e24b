import ArgumentParser
import Capture
import Traffic

/// `overhear db snapshot FILE`
struct DatabaseSnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Copy a capture as it is at one moment, also while a relay records.",
        discussion: """
            The copy is one file, complete and synced to the disk before it has its name;
            it takes no existing file's place. The relay is neither stopped nor slowed,
            and its write-ahead log is not held. cp does none of this.
            """
    )

    @Argument(help: ArgumentHelp("Where to; a file that does not exist.", valueName: "file"))
    var target: String

    @OptionGroup var capture: CaptureOptions

    @Flag(help: "Write one JSON object.")
    var json = false

    func validate() throws {
        if target.isEmpty { throw ValidationError("the name of the snapshot is empty") }
    }

    func run() throws {
        let interruption = try Interruption()
        let progress = ProgressLine("copying")
        let start = ContinuousClock.now
        let snapshot: Snapshot
        do throws(CaptureError) {
            snapshot = try Snapshot.make(of: capture.database, at: target) { done, total in
                progress.show(done, of: total)
                return !interruption.isAsked
            }
        } catch {
            progress.clear()
            if error.kind == .cancelled { interruption.leave() }
            throw Refusal(error)
        }
        progress.clear()
        let outlet = Outlet()
        try outlet.writeLine(answer(snapshot, after: ContinuousClock.now - start))
        try outlet.flush()
    }

    private func answer(_ snapshot: Snapshot, after duration: Duration) -> String {
        guard json else {
            return "\(SafeText.shown(target)): \(Amount.bytes(snapshot.byteCount)), "
                + "\(Amount.count(snapshot.messages, "message")), \(Amount.count(snapshot.sessions, "session"))"
                + (snapshot.newest.map { ", up to \(UniversalTime.text($0))" } ?? "")
        }
        var object = JSONText()
        object.add("snapshot", target)
        object.add("database", capture.database)
        object.add("bytes", snapshot.byteCount)
        object.add("messages", snapshot.messages)
        object.add("sessions", snapshot.sessions)
        object.add("channel_samples", snapshot.samples)
        object.add("gaps", snapshot.gaps)
        object.add("newest_ns", snapshot.newest?.nanosecondsSince1970)
        object.add("seconds", duration / .seconds(1))
        return object.description
    }
}
