import ArgumentParser
import Logging

/// The options of the log.
struct JournalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How much is logged.", valueName: "level"))
    var logLevel = LogLevel.info

    @Option(help: ArgumentHelp("How a line is written.", valueName: "format"))
    var logFormat = Journal.Format.text

    func apply(to settings: inout Settings) {
        settings.logLevel = logLevel.level
        settings.logFormat = logFormat
    }

    /// The program's log on stderr.
    static func log(level: Logger.Level, format: Journal.Format) -> Logger {
        Logger(label: "overhear") { _ in Journal(level: level, format: format, writer: .standardError) }
    }

    enum LogLevel: String, CaseIterable, ExpressibleByArgument {
        case debug, info, warning, error

        var level: Logger.Level {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        }
    }
}
