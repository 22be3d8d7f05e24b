import AsyncChat
import Capture
import Glibc
import Traffic

/// The demo's course: two clients talk, then what was recorded and counted is shown.
final class Demo {
    private(set) var failure: (any Error)?

    private let program: Program
    private let addresses: RunningAddresses
    private let echo: SocketAddress
    private let goesOn: Bool
    private var talking = 2
    private var clients: [DemoClient] = []

    init(_ program: Program, addresses: RunningAddresses, echo: SocketAddress, goesOn: Bool) {
        self.program = program
        self.addresses = addresses
        self.echo = echo
        self.goesOn = goesOn
    }

    private var relay: SocketAddress { addresses.routes[0] }
    private var database: String { program.settings.database ?? "" }
    private var metricsURL: String { addresses.metrics.map { "http://\($0)/metrics" } ?? "" }

    func begin() {
        print(
            """
            Two clients talk to an echo server through overhear, which cuts lines (framing lf):

              client ──▶ \(relay) overhear ──▶ \(echo) echo server

            """
        )
        talk(lines: ["hello", "a line with\ta tab"], farewell: "an unfinished line")
        talk(lines: ["this session stays open"], farewell: nil)
    }

    private func talk(lines: [String], farewell: String?) {
        let client = DemoClient(loop: program.loop, lines: lines, farewell: farewell) { [unowned self] in
            talking -= 1
            if talking == 0 { awaitRecord(attempts: 100) }
        }
        clients.append(client)
        do {
            try client.connect(to: relay)
        } catch {
            end(failure: error)
        }
    }

    /// What both conversations come to, two of them unfinished lines; on disk within 50 ms.
    private static let messageCount = 8

    private func awaitRecord(attempts: Int) {
        program.loop.schedule(after: .milliseconds(20)) { [unowned self] in
            do {
                let messages = try Archive.messages(in: database)
                guard messages.count >= Self.messageCount || attempts == 0 else {
                    return awaitRecord(attempts: attempts - 1)
                }
                show(messages)
                scrape()
            } catch {
                end(failure: error)
            }
        }
    }

    private func show(_ messages: [RecordedMessage]) {
        print("What was heard, read from \(database) while a session is still open:\n")
        print("  id  session  time             bytes  ending       text")
        for message in messages {
            let row = [
                padded("\(message.id)", to: -2), padded("\(message.session)", to: -7),
                UniversalTime.clock(message.at), padded("\(message.byteCount)", to: -5),
                padded(String(describing: message.ending), to: 11),
                (message.direction == .upstream ? "> " : "< ") + SafeText.shown(message.payload),
            ]
            print("  " + row.joined(separator: "  "))
        }
    }

    private func scrape() {
        guard let metrics = addresses.metrics else { return end() }
        let question = HTTPQuestion(loop: program.loop, path: "/metrics") { [unowned self] answer in
            switch answer {
            case .success(let answer): showMetrics(answer.body)
            case .failure(let failure): end(failure: failure)
            }
        }
        do {
            try question.connect(to: metrics)
        } catch {
            end(failure: error)
        }
    }

    private func showMetrics(_ text: String) {
        let families = [
            "overhear_sessions_active", "overhear_sessions_total", "overhear_messages_total",
            "overhear_received_bytes_total", "overhear_recorder_rows_total",
        ]
        print("\nWhat was counted, scraped from \(metricsURL):\n")
        for line in text.split(separator: "\n") where families.contains(where: { line.hasPrefix($0 + "{") }) {
            print("  \(line)")
        }
        end()
    }

    private func end(failure: (any Error)? = nil) {
        self.failure = failure
        guard goesOn, failure == nil else {
            for client in clients { client.close() }
            return program.drain()
        }
        print(
            """

            It goes on running. From another terminal:

              printf 'hello\\n' | curl --max-time 1 telnet://\(relay)
              overhear tail -f --database \(database)
              sqlite3 -readonly \(database) 'SELECT * FROM message_log'
              curl \(metricsURL)

            Ctrl-C ends it.
            """
        )
    }

    /// Negative widths align to the right.
    private func padded(_ text: String, to width: Int) -> String {
        let fill = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? fill + text : text + fill
    }
}
