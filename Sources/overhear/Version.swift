import Capture

/// What this program is, for `--version`, the record of a run and the metrics.
enum Version {
    static let number = "0.1.0"

    /// The language version it was built with.
    static let swift: String = {
        #if swift(>=6.4)
            "6.4 or later"
        #elseif swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }()

    static var text: String { "overhear \(number) (Swift \(swift), SQLite \(SQLiteVersion.text))" }
}
