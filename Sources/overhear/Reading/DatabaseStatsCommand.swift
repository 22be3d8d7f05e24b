import ArgumentParser
import Capture
import Traffic

/// `overhear db stats`
struct DatabaseStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what a capture holds: bytes by table, from when to when, rates, gaps."
    )

    @OptionGroup var capture: CaptureOptions

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() throws {
        let progress = ProgressLine("counting")
        let statistics = try capture.read { (archive) throws(CaptureError) in
            try archive.statistics { done, total in
                progress.show(done, of: total)
                return true
            }
        }
        progress.clear()
        let outlet = Outlet()
        let lines = StatisticsLines(capture.database, statistics)
        if json {
            try outlet.writeLine(lines.json.description)
        } else {
            for line in lines.text(on: .standardOutput) { try outlet.writeLine(line) }
        }
        try outlet.flush()
    }
}

/// Statistics as they are printed.
private struct StatisticsLines {
    private let name: String
    private let statistics: Statistics

    init(_ name: String, _ statistics: Statistics) {
        self.name = name
        self.statistics = statistics
    }

    // MARK: - For people

    func text(on terminal: Terminal) -> [String] {
        [head, ""] + tables.lines(on: terminal) + [""] + [span, ""] + flows.lines(on: terminal) + [""] + gaps
    }

    private var head: String {
        "\(SafeText.shown(name)): \(Amount.bytes(statistics.fileBytes)), \(Amount.bytes(statistics.freeBytes)) of it free, "
            + "and \(Amount.bytes(statistics.logBytes)) of write-ahead log; schema \(statistics.schemaVersion)"
    }

    private var tables: Table {
        var table = Table([Table.Column("TABLE"), Table.Column("ROWS", .right), Table.Column("BYTES", .right)])
        for row in statistics.tables {
            table.add([row.name, "\(row.rows)", row.bytes.map(Amount.bytes) ?? "?"])
        }
        if let other = statistics.otherBytes { table.add(["(other)", "", Amount.bytes(other)]) }
        return table
    }

    private var span: String {
        let open = "\(Amount.count(statistics.openSessions, "session")) open"
        guard let oldest = statistics.oldest, let newest = statistics.newest else { return "no messages; \(open)" }
        return "messages from \(UniversalTime.text(oldest)) to \(UniversalTime.text(newest)), "
            + Amount.duration(nanoseconds: newest.nanosecondsSince1970 - oldest.nanosecondsSince1970) + "; \(open)"
    }

    private var flows: Table {
        var table = Table([
            Table.Column("DIRECTION"), Table.Column("MESSAGES", .right), Table.Column("BYTES", .right),
            Table.Column("STORED", .right), Table.Column("MESSAGES/S", .right), Table.Column("BYTES/S", .right),
            Table.Column("LAST MINUTE", .right),
        ])
        for direction in Direction.allCases {
            let flow = statistics.flows[direction]
            let rates = Rates(flow, statistics.span)
            let latest = Rates(statistics.lastMinute[direction], statistics.lastMinuteSpan)
            table.add([
                direction == .upstream ? "> upstream" : "< downstream",
                "\(flow.messages)", Amount.bytes(flow.bytes), Amount.bytes(flow.storedBytes),
                rates.messages.map(Amount.rate) ?? "-", rates.bytes.map { Amount.bytes(Int64($0)) } ?? "-",
                latest.messages.map { Amount.rate($0) + "/s" } ?? "-",
            ])
        }
        return table
    }

    private var gaps: [String] { GapLines.text(statistics.gaps) }

    // MARK: - For programs

    var json: JSONText {
        var object = JSONText()
        object.add("database", name)
        object.add("schema", statistics.schemaVersion)
        object.add("file_bytes", statistics.fileBytes)
        object.add("wal_bytes", statistics.logBytes)
        object.add("free_bytes", statistics.freeBytes)
        object.add("other_bytes", statistics.otherBytes)
        var tables = JSONText()
        for table in statistics.tables {
            var row = JSONText()
            row.add("rows", table.rows)
            row.add("bytes", table.bytes)
            tables.add(table.name, row)
        }
        object.add("tables", tables)
        object.add("oldest", statistics.oldest.map(UniversalTime.text))
        object.add("newest", statistics.newest.map(UniversalTime.text))
        object.add("oldest_ns", statistics.oldest?.nanosecondsSince1970)
        object.add("newest_ns", statistics.newest?.nanosecondsSince1970)
        object.add("seconds", statistics.span)
        object.add("open_sessions", statistics.openSessions)
        for direction in Direction.allCases {
            var flow = json(statistics.flows[direction], statistics.span)
            flow.add("last_minute", json(statistics.lastMinute[direction], statistics.lastMinuteSpan))
            object.add(direction.name, flow)
        }
        object.add("gaps", GapLines.json(statistics.gaps))
        return object
    }

    private func json(_ flow: Statistics.Flow, _ seconds: Double) -> JSONText {
        let rates = Rates(flow, seconds)
        var object = JSONText()
        object.add("messages", flow.messages)
        object.add("bytes", flow.bytes)
        object.add("stored_bytes", flow.storedBytes)
        object.add("messages_per_second", rates.messages)
        object.add("bytes_per_second", rates.bytes)
        return object
    }
}

/// Per second; nil where there is no time to go by.
private struct Rates {
    let messages: Double?
    let bytes: Double?

    init(_ flow: Statistics.Flow, _ seconds: Double) {
        messages = seconds > 0 ? Double(flow.messages) / seconds : nil
        bytes = seconds > 0 ? Double(flow.bytes) / seconds : nil
    }
}

/// Gaps, by their reasons.
enum GapLines {
    static func text(_ gaps: [Statistics.Gaps]) -> [String] {
        guard !gaps.isEmpty else { return ["gaps: none"] }
        return gaps.map { gap in
            let known = "\(Amount.count(gap.messages, "message")), \(Amount.bytes(gap.bytes)) not recorded"
            let parts = [
                gap.uncounted < gap.count ? known : nil, gap.uncounted > 0 ? "\(gap.uncounted) not countable" : nil,
            ]
            return "gaps: \(gap.count) \(SafeText.shown(gap.reason)): "
                + parts.compactMap(\.self).joined(separator: "; ")
        }
    }

    static func json(_ gaps: [Statistics.Gaps]) -> [JSONText] {
        gaps.map { gap in
            var object = JSONText()
            object.add("reason", gap.reason)
            object.add("count", gap.count)
            object.add("messages", gap.messages)
            object.add("bytes", gap.bytes)
            object.add("uncounted", gap.uncounted)
            return object
        }
    }
}
