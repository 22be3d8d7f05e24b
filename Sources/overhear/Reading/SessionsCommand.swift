import ArgumentParser
import Capture
import Traffic

/// `overhear sessions`: who is connected, who was, and how it ended.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List sessions: the open ones first, then the newest.",
        discussion: """
            One line for each session: its id, why it closed (or open), how long it has
            lasted, both addresses, and messages and bytes from the client (>) and from
            the server (<). What open sessions passed is as of their last sample.
            unfinished: its relay was killed; the next start closes it.

            EXAMPLES
              overhear sessions --live
              overhear sessions -n 1000 --json | jq -r .state | sort | uniq -c
            """
    )

    @OptionGroup var capture: CaptureOptions

    @Option(
        name: [.customShort("n"), .customLong("number")],
        help: ArgumentHelp("How many sessions at most.", valueName: "count")
    )
    var number: Int64 = 20

    @Flag(help: "Only those that are open now.")
    var live = false

    @Flag(help: "Write one JSON object a line.")
    var json = false

    func validate() throws {
        if number < 1 { throw ValidationError("-n must be at least 1") }
    }

    func run() throws {
        let sessions = try capture.read { (archive) throws(CaptureError) in
            try archive.sessions(atMost: number, onlyOpen: live)
        }
        let outlet = Outlet()
        let lines = SessionLines(now: UniversalTime.timestamp())
        if json {
            for session in sessions { try outlet.writeLine(lines.json(session).description) }
        } else {
            for line in lines.table(sessions, on: .standardOutput) { try outlet.writeLine(line) }
        }
        try outlet.flush()
    }
}

/// Sessions as they are printed.
private struct SessionLines {
    let now: Timestamp

    func table(_ sessions: [RecordedSession], on terminal: Terminal) -> [String] {
        var table = Table([
            Table.Column("ID", .right),
            Table.Column("STATE"),
            Table.Column("OPENED", dispensability: 2),
            Table.Column("LASTED", .right),
            // With one route only, as most have, it says nothing.
            Table.Column("ROUTE", dispensability: Set(sessions.map(\.route)).count > 1 ? 0 : 1),
            Table.Column("CLIENT", isShortenable: true),
            Table.Column("UPSTREAM", isShortenable: true),
            Table.Column("MSGS >/<", .right),
            Table.Column("BYTES >/<", .right),
        ])
        for session in sessions {
            table.add([
                "\(session.id)",
                SafeText.shown(state(session)),
                opened(session),
                lasted(session).map(Amount.duration) ?? "-",
                SafeText.shown(session.route),
                SafeText.shown(session.clientAddress),
                SafeText.shown(session.upstreamAddress ?? "-"),
                "\(session.messages.upstream)/\(session.messages.downstream)",
                Amount.shortBytes(session.bytes.upstream) + "/" + Amount.shortBytes(session.bytes.downstream),
            ])
        }
        return table.lines(on: terminal)
    }

    func json(_ session: RecordedSession) -> JSONText {
        var object = JSONText()
        object.add("id", session.id)
        object.add("state", state(session))
        object.add("run", session.run)
        object.add("route", session.route)
        object.add("client", session.clientAddress)
        object.add("upstream", session.upstreamAddress)
        object.add("opened", UniversalTime.text(session.openedAt))
        object.add("seconds", lasted(session).map { Double($0) / 1e9 })
        object.add("opened_at_ns", session.openedAt.nanosecondsSince1970)
        object.add("connected_at_ns", session.connectedAt?.nanosecondsSince1970)
        object.add("closed_at_ns", session.closedAt?.nanosecondsSince1970)
        object.add("messages_upstream", session.messages.upstream)
        object.add("messages_downstream", session.messages.downstream)
        object.add("bytes_upstream", session.bytes.upstream)
        object.add("bytes_downstream", session.bytes.downstream)
        object.add("first_message_id", session.firstMessageID)
        object.add("last_message_id", session.lastMessageID)
        return object
    }

    private func state(_ session: RecordedSession) -> String {
        switch session.state {
        case .open: "open"
        case .unfinished: "unfinished"
        case .closed(let reason): reason
        }
    }

    /// Until its end, or until now; nil where nobody knows the end.
    private func lasted(_ session: RecordedSession) -> Int64? {
        guard let end = session.closedAt ?? (session.isOpen ? now : nil) else { return nil }
        return max(0, end.nanosecondsSince1970 - session.openedAt.nanosecondsSince1970)
    }

    /// Today's by the clock, others' by the date as well.
    private func opened(_ session: RecordedSession) -> String {
        let date = UniversalTime.date(session.openedAt)
        let clock = UniversalTime.clock(session.openedAt).prefix(8)
        return date == UniversalTime.date(now) ? String(clock) : "\(date) \(clock.prefix(5))"
    }
}
