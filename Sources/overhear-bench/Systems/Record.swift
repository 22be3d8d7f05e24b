import Glibc

/// What a system keeps of the messages, and how that is held against what was sent and answered.
enum Record: Sendable {
    /// overhear's counters.
    case counters
    /// overhear's database (docs/CAPTURE.md), with the payloads up to this many bytes.
    case capture(payloadLimit: Int)
    /// The same, of which all but the newest is deleted again.
    case prunedCapture
    /// A table `messages` of overhear's columns that somebody else filled.
    case rows
    /// mitmproxy's flows, as this interpreter can read them with that script.
    case flows(python: String, script: String)

    /// While the system still runs, and all its sessions are over.
    func checkRunning(_ place: System.Place, _ outcome: Outcome) throws {
        guard case .counters = self else { return }
        let lines = try Self.countersAtTheEnd(place)
        var expected = [("messages", "upstream", outcome.sent.messages)]
        if !outcome.tellsOnlyMessagesSent {
            expected.append(("messages", "downstream", outcome.answered.messages))
            expected.append(("received_bytes", "upstream", outcome.sent.bytes))
            expected.append(("received_bytes", "downstream", outcome.answered.bytes))
        }
        for (family, direction, count) in expected {
            let line = "overhear_\(family)_total{route=\"default\",direction=\"\(direction)\"}"
            guard lines.contains("\(line) \(count)") else {
                let found = lines.first { $0.hasPrefix(line) } ?? "nothing"
                throw Trouble("the counters are not what was sent: instead of \(line) \(count) there is \(found)")
            }
        }
    }

    /// The metrics page once no session is left: a client's last words may be on their way yet when it has ended.
    private static func countersAtTheEnd(_ place: System.Place) throws -> [String] {
        let deadline = Clock.now() + 10_000_000_000
        while true {
            let lines = try HTTPClient.get("/metrics", port: place.metrics).body.split(separator: "\n").map(String.init)
            if lines.contains("overhear_sessions_active{route=\"default\"} 0") { return lines }
            guard Clock.now() < deadline else { throw Trouble("sessions do not end though the client has") }
            usleep(1000)
        }
    }

    /// After its end: every message has its row, each way, with its bytes, and nothing else has.
    func checkEnded(_ place: System.Place, _ outcome: Outcome) throws {
        let found: String
        var expected = Self.line(0, outcome.sent) + Self.line(1, outcome.answered)
        switch self {
        case .counters: return
        case .capture where outcome.tellsOnlyMessagesSent:
            expected = "\(outcome.sent.messages)\n"
            found = try Self.query(place, "SELECT count(*) FROM messages WHERE direction = 0; " + Self.gaps)
        case _ where outcome.tellsOnlyMessagesSent:
            throw Trouble("this record cannot be held against a client that tells only how many messages it sent")
        case .capture(let limit):
            let stored = "CASE WHEN length(payload) = min(byte_count, \(limit)) THEN byte_count ELSE 0 END"
            found = try Self.query(place, Self.rows(stored) + Self.gaps)
        case .rows:
            found = try Self.query(place, Self.rows("length(payload)"))
        case .prunedCapture:
            expected = "\(outcome.sent.messages + outcome.answered.messages)\n"
            found = try Self.query(place, "SELECT max(id) FROM messages; " + Self.gaps)
        case .flows(let python, let script):
            // A message is one read to mitmproxy: the bytes are what can be compared.
            expected = "\(outcome.sent.bytes) \(outcome.answered.bytes)\n"
            found = try Child.output(of: python, [script, place.capture])
        }
        guard found == expected else {
            throw Trouble(
                "the record is not what was sent: expected \(expected.debugDescription), found \(found.debugDescription)"
            )
        }
    }

    private static func line(_ direction: Int, _ traffic: Outcome.Traffic) -> String {
        traffic.messages == 0 ? "" : "\(direction) \(traffic.messages) \(traffic.bytes) \(traffic.bytes)\n"
    }

    private static func rows(_ stored: String) -> String {
        "SELECT direction, count(*), sum(byte_count), sum(\(stored)) FROM messages GROUP BY direction; "
    }

    private static let gaps = "SELECT 'gaps', count(*) FROM gaps HAVING count(*) > 0"

    private static func query(_ place: System.Place, _ sql: String) throws -> String {
        try Child.output(of: "sqlite3", ["-readonly", "-separator", " ", place.capture, sql])
    }
}
