import ArgumentParser
import Glibc

/// The process's own arguments and environment, as the commands see them.
enum Environment {
    /// The command line with what the environment adds to it.
    static func arguments() -> [String] {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let command = arguments.first else { return arguments }
        guard let options = options(of: command, arguments) else { return arguments }
        let wordCount = command == "db" ? 2 : 1
        return Array(arguments.prefix(wordCount))
            + EnvironmentArguments.merge(
                variables(),
                into: Array(arguments.dropFirst(wordCount)),
                options: options,
                repeatable: ["route"]
            )
    }

    /// The options that the environment set.
    static var added: [String] {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let command = arguments.first, let options = options(of: command, arguments) else { return [] }
        return EnvironmentArguments.added(by: variables(), to: arguments, options: options)
    }

    /// Variables with our prefix that mean nothing to any command.
    static func unknownVariables() -> [String] {
        EnvironmentArguments.unknown(in: variables(), options: runOptions)
    }

    static let runOptions = [
        "listen", "upstream", "framing", "framing-upstream", "framing-downstream", "route", "database", "capture",
        "capture-upstream", "capture-downstream",
        "max-message-bytes", "overlong-after", "capture-buffer", "when-behind", "on-capture-failure", "durability",
        "sample-interval",
        "retain-bytes", "retain-age", "retain-messages", "min-free-bytes", "metrics", "status-messages",
        "connect-timeout", "idle-timeout",
        "half-closed-timeout", "drain-timeout", "max-sessions", "loops",
        "log-level", "log-format",
    ]

    private static func options(of command: String, _ arguments: [String]) -> [String]? {
        switch command {
        case "db" where arguments.dropFirst().first == "prune":
            ["database", "retain-bytes", "retain-age", "retain-messages"]
        case "db": DatabaseCommand.has(arguments.dropFirst().first) ? ["database"] : nil
        case "run": runOptions
        case "healthcheck": ["metrics"]
        case "tail", "sessions": ["database"]
        default: nil
        }
    }

    private static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
