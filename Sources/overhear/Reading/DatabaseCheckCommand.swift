import ArgumentParser
import Capture

/// `overhear db check`
struct DatabaseCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check whether a capture is whole: exit 0 if it is, 1 if not.",
        discussion: """
            Looks at every page and every row: SQLite's own check, ids without holes,
            messages within their sessions, runs and sessions that should have ended,
            and the gaps that the record declares. Whole means: nothing broken, and
            nothing missing. Only reads. The page check is broken off where it would hold
            up the log of a relay that writes fast: check a snapshot then.
            """
    )

    @OptionGroup var capture: CaptureOptions

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() throws {
        let checkup = try examine()
        let outlet = Outlet()
        if json {
            try outlet.writeLine(Self.json(checkup, capture.database).description)
        } else {
            for line in Self.lines(checkup, capture.database) { try outlet.writeLine(line) }
        }
        try outlet.flush()
        if !checkup.isWhole { throw ExitCode(1) }
    }

    /// A file too damaged to be read is an answer too.
    private func examine() throws(Refusal) -> Checkup {
        let progress = ProgressLine("checking")
        defer { progress.clear() }
        do {
            return try Archive.read(capture.database) { (archive) throws(CaptureError) in
                try archive.checkup { done, total in
                    progress.show(done, of: total)
                    return true
                }
            }
        } catch {
            guard error.kind == .damaged else { throw Refusal(error) }
            var checkup = Checkup()
            checkup.integrity = .damaged([error.description])
            return checkup
        }
    }

    // MARK: - For people

    private static func lines(_ checkup: Checkup, _ name: String) -> [String] {
        let verdict =
            checkup.isWhole ? "is whole" : checkup.integrity == .ok ? "is not whole" : "is not known to be whole"
        return integrity(checkup) + [messages(checkup), sessions(checkup), runs(checkup)] + GapLines.text(checkup.gaps)
            + ["\(SafeText.shown(name)) \(isDamaged(checkup) ? "is damaged" : verdict)"]
    }

    private static func isDamaged(_ checkup: Checkup) -> Bool {
        if case .damaged = checkup.integrity { true } else { false }
    }

    private static func integrity(_ checkup: Checkup) -> [String] {
        switch checkup.integrity {
        case .ok: ["pages: ok"]
        case .damaged(let findings): findings.map { "pages: \(SafeText.shown($0))" }
        case .brokenOff: ["pages: broken off, the relay writes too fast; check a snapshot (overhear db snapshot)"]
        }
    }

    private static func messages(_ checkup: Checkup) -> String {
        guard let first = checkup.firstID, let last = checkup.lastID else { return "messages: none" }
        let troubles = [
            (checkup.missingIDs, "missing"), (checkup.strayMessages, "outside their session"),
            (checkup.oversized, "longer than they were"),
        ]
        return "messages: \(checkup.messages), ids \(first) to \(last), " + list(troubles, otherwise: "none missing")
    }

    private static func sessions(_ checkup: Checkup) -> String {
        let troubles = [(checkup.forgottenSessions, "open although their run has ended")]
        return "sessions: \(checkup.sessions), \(checkup.openSessions) open"
            + (checkup.forgottenSessions > 0 ? ", " + list(troubles, otherwise: "") : "")
    }

    private static func runs(_ checkup: Checkup) -> String {
        let newest =
            !checkup.newestRunIsOpen
            ? nil
            : checkup.hasWriter ? "the newest is running" : "the newest has no end (killed, or copied while it ran)"
        let parts = [
            newest, checkup.uncleanRuns > 0 ? "\(checkup.uncleanRuns) ended uncleanly" : nil,
            checkup.forgottenRuns > 0 ? "\(checkup.forgottenRuns) older without an end" : nil,
        ]
        return (["runs: \(checkup.runs)"] + parts.compactMap(\.self)).joined(separator: ", ")
    }

    private static func list(_ troubles: [(Int64, String)], otherwise: String) -> String {
        let found = troubles.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return found.isEmpty ? otherwise : found.joined(separator: ", ")
    }

    // MARK: - For programs

    private static func json(_ checkup: Checkup, _ name: String) -> JSONText {
        var object = JSONText()
        object.add("database", name)
        object.add("whole", checkup.isWhole)
        switch checkup.integrity {
        case .ok: object.add("integrity", "ok")
        case .brokenOff: object.add("integrity", "broken off")
        case .damaged(let findings):
            object.add("integrity", "damaged")
            object.add("damage", texts: findings)
        }
        object.add("messages", checkup.messages)
        object.add("first_id", checkup.firstID)
        object.add("last_id", checkup.lastID)
        object.add("missing_ids", checkup.missingIDs)
        object.add("stray_messages", checkup.strayMessages)
        object.add("oversized_messages", checkup.oversized)
        object.add("sessions", checkup.sessions)
        object.add("open_sessions", checkup.openSessions)
        object.add("forgotten_sessions", checkup.forgottenSessions)
        object.add("runs", checkup.runs)
        object.add("unclean_runs", checkup.uncleanRuns)
        object.add("forgotten_runs", checkup.forgottenRuns)
        object.add("newest_run_open", checkup.newestRunIsOpen)
        object.add("writer", checkup.hasWriter)
        object.add("gaps", GapLines.json(checkup.gaps))
        return object
    }
}
