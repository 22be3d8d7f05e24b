import Capture
import Traffic

/// Turns what `tail` reads into what it prints, in one of its forms.
struct MessageLines {
    /// What a message becomes.
    enum Form {
        case line
        case hex
        case raw
        case json
    }

    private let form: Form
    /// Of the last line, for a remark when it changes.
    private var date: String

    /// Where nothing says how wide a line may be.
    private static let widestPreview = 1024
    /// However narrow the terminal is.
    private static let narrowestPreview = 16

    init(_ form: Form) {
        self.form = form
        date = String(UniversalTime.now().prefix(10))
    }

    /// How many bytes of a payload this form shows; nil for all. A character is at most 4 bytes.
    var payloadLimit: Int? { form == .line ? 4 * Self.widestPreview : nil }

    /// For stdout. Remarks beside raw bytes go to stderr, and are answered by `remark`.
    mutating func bytes(for entry: Transcript.Entry, on terminal: Terminal) -> [UInt8] {
        switch (entry, form) {
        case (.message(let message), .raw): message.payload
        case (.message(let message), .json): Array((Self.json(message).description + "\n").utf8)
        case (.message(let message), _): Array(text(of: message, on: terminal).utf8)
        case (_, .raw): []
        case (_, .json): Array((Self.json(entry).description + "\n").utf8)
        default: Array((terminal.styled("-- " + Self.remark(entry), .remark) + "\n").utf8)
        }
    }

    /// What is to be said of anything that is no message.
    static func remark(_ entry: Transcript.Entry) -> String {
        switch entry {
        case .message: return ""
        case .gap(let gap):
            let span = "from \(UniversalTime.text(gap.from)) to \(UniversalTime.text(gap.to))"
            guard let messages = gap.messages, let bytes = gap.bytes else {
                return "gap (\(SafeText.shown(gap.reason))): nobody knows what is missing \(span)"
            }
            return "gap (\(SafeText.shown(gap.reason))): \(Amount.count(messages, "message")), "
                + "\(Amount.bytes(bytes)) not recorded, \(span)"
        case .deleted(let messages):
            return "\(Amount.count(messages, "message")) deleted before they could be shown"
        case .replaced: return "another capture begins"
        }
    }

    // MARK: - Forms

    private mutating func text(of message: RecordedMessage, on terminal: Terminal) -> String {
        var text = ""
        let day = UniversalTime.date(message.at)
        if day != date {
            date = day
            text += terminal.styled("-- \(day) (UTC)", .remark) + "\n"
        }
        let arrow = message.direction == .upstream ? ">" : "<"
        let time = UniversalTime.clock(message.at)
        let session = "#\(message.session)"
        let count = "\(message.byteCount)"
        let head = [
            terminal.styled(time, .dim),
            session + String(repeating: " ", count: max(0, 4 - session.count)),
            terminal.styled(arrow, message.direction == .upstream ? .upstream : .downstream),
            String(repeating: " ", count: max(0, 6 - count.count)) + count,
        ].joined(separator: " ")
        let used = time.count + max(4, session.count) + 1 + max(6, count.count) + 3
        return text + head
            + (form == .hex ? Self.dump(message) : "  " + preview(of: message, beside: used + 2, terminal))
            + "\n"
    }

    private func preview(of message: RecordedMessage, beside used: Int, _ terminal: Terminal) -> String {
        guard message.storedByteCount > 0 || message.byteCount == 0 else {
            return terminal.styled("(not stored)", .dim)
        }
        let columns = terminal.columns.map { max(Self.narrowestPreview, $0 - used) } ?? Self.widestPreview
        // What is not here is cut away as well.
        guard message.byteCount > message.payload.count else {
            return SafeText.shown(message.payload, columns: columns)
        }
        let shown = SafeText.shown(message.payload, columns: columns - 1)
        return shown.hasSuffix("…") ? shown : shown + "…"
    }

    private static func dump(_ message: RecordedMessage) -> String {
        let missing = message.byteCount - message.storedByteCount
        let lines =
            HexDump.lines(message.payload) + (missing > 0 ? ["(\(Amount.count(missing, "byte")) not stored)"] : [])
        return lines.map { "\n" + $0 }.joined()
    }

    private static func json(_ message: RecordedMessage) -> JSONText {
        var object = JSONText()
        object.add("id", message.id)
        object.add("session", message.session)
        object.add("route", message.route)
        object.add("direction", message.direction.name)
        object.add("sequence", message.sequence)
        object.add("time", UniversalTime.text(message.at))
        object.add("at_ns", message.at.nanosecondsSince1970)
        object.add("bytes", message.byteCount)
        object.add("ending", String(describing: message.ending))
        object.add("kind", message.kind)
        object.add("stored_bytes", message.storedByteCount)
        object.add(payload: message.payload)
        return object
    }

    /// Known by its first key, which no message has.
    private static func json(_ entry: Transcript.Entry) -> JSONText {
        var object = JSONText()
        switch entry {
        case .message: break
        case .gap(let gap):
            object.add("gap", gap.reason)
            object.add("run", gap.run)
            object.add("from_ns", gap.from.nanosecondsSince1970)
            object.add("to_ns", gap.to.nanosecondsSince1970)
            object.add("messages", gap.messages)
            object.add("bytes", gap.bytes)
        case .deleted(let messages):
            object.add("gap", "deleted")
            object.add("messages", messages)
        case .replaced: object.add("gap", "replaced")
        }
        return object
    }
}
