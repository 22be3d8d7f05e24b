/// Lets every option be set by the environment: `OVERHEAR_MAX_SESSIONS=100` is `--max-sessions 100` said first, so that
/// the command line has the last word.
enum EnvironmentArguments {
    static let prefix = "OVERHEAR_"

    /// The arguments with those the environment adds.
    ///
    /// - Parameters:
    ///   - options: the long names of the options that the chosen command has.
    ///   - repeatable: those that take several values, one a line; given on the command line they replace the
    ///     environment's.
    static func merge(
        _ environment: [String: String],
        into arguments: [String],
        options: [String],
        repeatable: Set<String> = []
    ) -> [String] {
        var merged: [String] = []
        for option in added(by: environment, to: arguments, options: options) {
            let value = environment[variable(for: option)] ?? ""
            let values =
                repeatable.contains(option) ? value.split(whereSeparator: \.isNewline).map(String.init) : [value]
            for value in values { merged.append("--\(option)=\(value)") }
        }
        return merged + arguments
    }

    /// The options that the environment sets and the command line does not.
    static func added(by environment: [String: String], to arguments: [String], options: [String]) -> [String] {
        options.filter { option in
            let isGiven = arguments.contains { $0 == "--\(option)" || $0.hasPrefix("--\(option)=") }
            return !isGiven && environment[variable(for: option)]?.isEmpty == false
        }
    }

    static func variable(for option: String) -> String {
        prefix + option.uppercased().replacing("-", with: "_")
    }

    /// Variables with our prefix that no option answers to: most likely misspelt.
    static func unknown(in environment: [String: String], options: [String]) -> [String] {
        let known = Set(options.map(variable))
        return environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted()
    }
}
