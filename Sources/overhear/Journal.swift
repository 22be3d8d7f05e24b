import ArgumentParser
import Glibc
import Logging

/// The program's log: one line per event, `time level event key=value…`, or the same as one JSON object.
///
/// Speaks of sessions, listeners, the recorder: never of payloads, never per message.
struct Journal: LogHandler {
    /// How a line is written.
    enum Format: String, CaseIterable, ExpressibleByArgument, Sendable {
        case text, json
    }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let format: Format
    private let writer: JournalWriter

    init(level: Logger.Level, format: Format, writer: JournalWriter) {
        logLevel = level
        self.format = format
        self.writer = writer
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { Self.place($0.key) < Self.place($1.key) }
        writer.write(line(event: event.message.description, level: event.level, fields: fields))
    }

    /// Metadata comes without an order: what names the subject goes first, the rest by the alphabet.
    private static func place(_ key: String) -> (Int, String) {
        (["id", "route", "reason", "address", "client", "upstream"].firstIndex(of: key) ?? .max, key)
    }

    private func line(event: String, level: Logger.Level, fields: [(key: String, value: Logger.MetadataValue)])
        -> String
    {
        let time = UniversalTime.now()
        switch format {
        case .text:
            let pairs = fields.map { " \($0.key)=\(LogText.quoted($0.value.description))" }.joined()
            return "\(time) \(level) \(event)\(pairs)"
        case .json:
            let pairs =
                [("time", time), ("level", level.rawValue), ("event", event)]
                + fields.map { ($0.key, $0.value.description) }
            return "{" + pairs.map { "\(LogText.json($0.0)):\(LogText.json($0.1))" }.joined(separator: ",") + "}"
        }
    }
}

extension Logger {
    /// One event, its fields in the order of their names. They are made only if the line is written.
    func event(_ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, String>) {
        event(.info, name, fields())
    }

    /// The same at another level.
    func event(_ level: Logger.Level, _ name: String, _ fields: @autoclosure () -> KeyValuePairs<String, String>) {
        guard level >= logLevel else { return }
        var metadata: Logger.Metadata = [:]
        for (key, value) in fields() { metadata[key] = .string(value) }
        log(level: level, "\(name)", metadata: metadata)
    }
}
