import ArgumentParser
import Glibc

/// The program: a TCP relay that writes down what it hears.
@main
struct Overhear: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overhear",
        abstract: "A TCP relay that writes down what it hears.",
        discussion: """
            EXAMPLES
              overhear demo
                  see it work, with nothing else installed
              overhear run --listen :7000 --upstream 127.0.0.1:6379 --framing crlf
                  relay port 7000 to a Redis, record every line into overhear.db
              overhear tail -f
                  is my traffic going through it?
              sqlite3 -readonly overhear.db 'SELECT * FROM message_log LIMIT 20'
                  read the record, while connections are open
              overhear db snapshot copy.db
                  copy the record while it is written
              curl http://127.0.0.1:9746/metrics
                  count what passes
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, TailCommand.self, SessionsCommand.self, DatabaseCommand.self, DemoCommand.self,
            HealthcheckCommand.self, FramingsCommand.self,
        ]
    )

    static func main() {
        do {
            var command = try parseAsRoot(Environment.arguments())
            try command.run()
        } catch let refusal as Refusal {
            leave(saying: refusal.description, status: refusal.status.rawValue)
        } catch {
            if let error = error as? NotReady { leave(saying: error.description, status: 1) }
            let status = exitCode(for: error).rawValue
            guard status != 0, status != 1 else { exit(withError: error) }
            leave(saying: sentence(message(for: error)), status: status)
        }
    }

    /// What the argument parser says, with the way on, and the variable to blame where it is one.
    private static func sentence(_ message: String) -> String {
        let variables = Environment.added.filter { message.contains("'--\($0) ") }.map(EnvironmentArguments.variable)
        let cause = variables.isEmpty ? "" : " (set by \(variables.joined(separator: ", ")))"
        let end = message.last.map { ".?!".contains($0) } ?? false ? "" : "."
        return message.split(whereSeparator: \.isNewline).joined(separator: " ") + cause + end + " See overhear --help."
    }

    /// One sentence on stderr.
    private static func leave(saying sentence: String, status: Int32) -> Never {
        JournalWriter.standardError.write("overhear: \(sentence)")
        JournalWriter.standardError.flush()
        Glibc.exit(status)
    }
}
