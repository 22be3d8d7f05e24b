import CSQLite
import Glibc

/// Whether a capture is whole: its pages, its ids, its sessions and runs, and what it says itself that it misses.
package struct Checkup: Equatable, Sendable {
    package enum Integrity: Equatable, Sendable {
        case ok
        /// What SQLite found.
        case damaged([String])
        /// Broken off, because the relay writes so fast that going on would have held up its log.
        case brokenOff
    }

    package var integrity: Integrity = .ok
    package var messages: Int64 = 0
    /// Of the messages there are.
    package var firstID: Int64?
    package var lastID: Int64?
    /// Between these, although ids are given without holes.
    package var missingIDs: Int64 = 0
    /// Messages outside their session's first and last, or of no session: views do not show them.
    package var strayMessages: Int64 = 0
    /// Messages of which more is stored than there was.
    package var oversized: Int64 = 0
    package var sessions: Int64 = 0
    package var openSessions: Int64 = 0
    package var runs: Int64 = 0
    package var uncleanRuns: Int64 = 0
    /// The newest run has no end: its relay is at it, or was when this was copied, or was killed.
    package var newestRunIsOpen = false
    /// Older runs without an end: the next start should have given them one.
    package var forgottenRuns: Int64 = 0
    /// Open sessions of runs that have ended.
    package var forgottenSessions: Int64 = 0
    package var gaps: [Statistics.Gaps] = []
    package var hasWriter = false

    package init() {}

    /// Nothing is broken, and nothing is missing.
    package var isWhole: Bool {
        integrity == .ok && gaps.isEmpty
            && [missingIDs, strayMessages, oversized, forgottenRuns, forgottenSessions].allSatisfy { $0 == 0 }
    }
}

extension Archive {
    /// Looks at every page and every row. Rows are looked at in small steps; pages all at once, which is given up where
    /// the log grows too long meanwhile.
    package func checkup(_ progress: Progress) throws(CaptureError) -> Checkup {
        var checkup = Checkup()
        checkup.hasWriter = hasWriter
        try checkRuns(&checkup)
        try checkMessages(&checkup, progress)
        checkup.integrity = try telling { () throws(SQLiteError) in try checkPages() }
        return checkup
    }

    private func checkRuns(_ checkup: inout Checkup) throws(CaptureError) {
        try atOneMoment { () throws(SQLiteError) in
            func count(_ sql: String) throws(SQLiteError) -> Int64 {
                try database.integer(sql, doing: "looking at runs and sessions") ?? 0
            }
            checkup.runs = try count("SELECT count(*) FROM runs")
            checkup.uncleanRuns = try count("SELECT count(*) FROM runs WHERE clean = 0")
            let newest = "(SELECT max(id) FROM runs)"
            checkup.newestRunIsOpen = try count("SELECT count(*) FROM runs WHERE clean IS NULL AND id = \(newest)") > 0
            checkup.forgottenRuns = try count("SELECT count(*) FROM runs WHERE clean IS NULL AND id < \(newest)")
            checkup.sessions = try count("SELECT count(*) FROM sessions")
            checkup.openSessions = try count("SELECT count(*) FROM sessions WHERE closed_at_ns IS NULL")
            checkup.forgottenSessions = try count(
                """
                SELECT count(*) FROM sessions WHERE closed_at_ns IS NULL
                AND run_id NOT IN (SELECT id FROM runs WHERE clean IS NULL)
                """
            )
            checkup.gaps = try gapsByReason()
        }
    }

    private static let idsPerStep: Int64 = 16 << 10

    private func checkMessages(_ checkup: inout Checkup, _ progress: Progress) throws(CaptureError) {
        let bounds = try telling { () throws(SQLiteError) in
            try MessageQuery(self, MessageFilter(), payloadLimit: 0).bounds()
        }
        guard let bounds else { return }
        let statement = try telling { () throws(SQLiteError) in
            try database.prepare(
                """
                SELECT (SELECT min(id) FROM messages), count(*),
                    sum(coalesce(m.id NOT BETWEEN s.first_message_id AND s.last_message_id, 1)),
                    sum(length(m.payload) > m.byte_count), min(m.id)
                FROM messages AS m LEFT JOIN sessions AS s ON s.id = m.session_id WHERE m.id > ?1 AND m.id <= ?2
                """,
                doing: "looking at messages"
            )
        }
        checkup.lastID = bounds.upperBound
        var position = bounds.lowerBound - 1
        while position < bounds.upperBound {
            let end = min(bounds.upperBound, position + Self.idsPerStep)
            try telling { () throws(SQLiteError) in
                statement.bind(position, at: 1)
                statement.bind(end, at: 2)
                defer { statement.reset() }
                guard try statement.step() else { return }
                // What is deleted while we look is not missing.
                let first = max(position, (statement.integer(0) ?? end + 1) - 1)
                let count = statement.integer(1) ?? 0
                checkup.messages += count
                checkup.missingIDs += max(0, end - first - count)
                checkup.strayMessages += statement.integer(2) ?? 0
                checkup.oversized += statement.integer(3) ?? 0
                if checkup.firstID == nil { checkup.firstID = statement.integer(4) }
            }
            position = end
            guard progress(position - bounds.lowerBound + 1, bounds.upperBound - bounds.lowerBound + 1) else {
                throw CaptureError(.cancelled, "checking was cancelled")
            }
        }
    }

    private func checkPages() throws(SQLiteError) -> Checkup.Integrity {
        let fileByteCount = CapturePaths.look(at: paths.database)?.byteCount ?? 0
        let watch = LogWatch(paths, growingAtMost: max(1 << 20, fileByteCount / 16), database)
        defer { watch.end() }
        do throws(SQLiteError) {
            let rows = try database.prepare("PRAGMA integrity_check(20)", doing: "checking pages")
            var found: [String] = []
            while try rows.step() {
                // With everything but the pages itself done, an interruption is one more line of the answer.
                if let text = rows.text(0), text != "ok" { found.append(text) }
            }
            if watch.hasInterrupted { return .brokenOff }
            return found.isEmpty ? .ok : .damaged(found)
        } catch {
            switch error.primaryCode {
            case SQLITE_INTERRUPT where watch.hasInterrupted: return .brokenOff
            case SQLITE_CORRUPT: return .damaged([error.message])
            default: throw error
            }
        }
    }
}
