import ArgumentParser
import Capture
import Glibc
import Traffic

/// `overhear tail`: is my traffic going through it?
struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show the last messages, and with -f each new one as it is recorded.",
        discussion: """
            One line for each message: its time (UTC), session, direction (> from the
            client, < from the server), length in bytes, and its text with everything
            unprintable escaped. Lines that begin with -- say what is missing. Only
            reads, in short steps: the relay is neither stopped nor slowed.

            EXAMPLES
              overhear tail -f
              overhear tail -n 1000 --json | jq -r .text
              overhear tail --session 17 --direction downstream --raw > answers
            """
    )

    @OptionGroup var capture: CaptureOptions

    @Option(
        name: [.customShort("n"), .customLong("number")],
        help: ArgumentHelp("How many of the last messages to begin with.", valueName: "count")
    )
    var number: Int64 = 10

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with each new message, until Ctrl-C.")
    var follow = false

    @Option(help: ArgumentHelp("Only messages of this session.", valueName: "id"))
    var session: Int64?

    @Option(help: ArgumentHelp("Only upstream (>) or downstream (<).", valueName: "direction"))
    var direction: DirectionArgument?

    @Flag(help: "How messages are written. (default: one line each)")
    var form: FormFlag?

    func validate() throws {
        if number < 0 { throw ValidationError("-n must be at least 0") }
    }

    func run() throws {
        if form == .raw, Terminal.standardOutput.columns != nil {
            throw Refusal(
                .usage,
                "--raw writes bytes as they are, which a terminal would obey: send them to a file or a pipe, or use --hex"
            )
        }
        let interruption = follow ? try Interruption() : nil
        var tail = Tail(
            path: capture.database,
            filter: MessageFilter(session: session, direction: direction?.value),
            lines: MessageLines(form?.value ?? .line),
            outlet: Outlet(interruption),
            isRaw: form == .raw
        )
        do {
            if follow {
                try tail.follow(last: number)
            } else {
                try tail.show(last: number)
            }
        } catch let error as CaptureError {
            throw Refusal(error)
        }
    }

    /// `--direction`
    enum DirectionArgument: String, CaseIterable, ExpressibleByArgument {
        case upstream, downstream

        var value: Direction { self == .upstream ? .upstream : .downstream }
    }

    /// `--hex`, `--raw` or `--json`
    enum FormFlag: String, EnumerableFlag {
        case hex, raw, json

        var value: MessageLines.Form {
            switch self {
            case .hex: .hex
            case .raw: .raw
            case .json: .json
            }
        }

        static func help(for value: FormFlag) -> ArgumentHelp? {
            switch value {
            case .hex: "Write each message as a hex dump."
            case .raw: "Write the bytes of the messages and nothing else."
            case .json: "Write one JSON object a line, the payload as text or else as base64."
            }
        }
    }
}

/// Its course.
private struct Tail {
    private let transcript: Transcript
    private let path: String
    private var lines: MessageLines
    private let outlet: Outlet
    private let isRaw: Bool

    /// Between two looks for news. What is heard is committed every 25 ms or so.
    private static let pauseMilliseconds: CInt = 100

    init(path: String, filter: MessageFilter, lines: MessageLines, outlet: Outlet, isRaw: Bool) {
        transcript = Transcript(path: path, filter: filter, payloadLimit: lines.payloadLimit)
        self.path = path
        self.lines = lines
        self.outlet = outlet
        self.isRaw = isRaw
    }

    mutating func show(last count: Int64) throws {
        let end = try transcript.begin(last: count)
        repeat {
            try write(try transcript.next(upTo: end))
            if transcript.isCaughtUp, !transcript.isThrough(end) { usleep(50_000) }
        } while !transcript.isThrough(end)
    }

    /// Waits also for a file that is not there yet, as `tail -F` does.
    mutating func follow(last count: Int64) throws {
        do {
            _ = try transcript.begin(last: count)
        } catch {
            guard error.kind == .missing else { throw error }
            note("\(error); waiting for it")
        }
        while true {
            try write(try transcript.next())
            guard try outlet.pause(milliseconds: transcript.isCaughtUp ? Self.pauseMilliseconds : 0) else { return }
        }
    }

    private mutating func write(_ entries: [Transcript.Entry]) throws {
        let terminal = Terminal.standardOutput
        for entry in entries {
            if isRaw, case let remark = MessageLines.remark(entry), !remark.isEmpty { note(remark) }
            try outlet.write(bytes: lines.bytes(for: entry, on: terminal))
        }
        try outlet.flush()
    }

    private func note(_ text: String) {
        JournalWriter.standardError.write("overhear: \(text)")
        JournalWriter.standardError.flush()
    }
}
