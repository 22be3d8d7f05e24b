import Glibc

/// Where an answer goes, as far as its form depends on it.
struct Terminal {
    /// Nil where it is no terminal: then nothing is shortened.
    let columns: Int?
    let showsColours: Bool

    static var standardOutput: Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return Terminal(columns: nil, showsColours: false) }
        return Terminal(columns: width, showsColours: value("NO_COLOR").isEmpty && value("TERM") != "dumb")
    }

    /// Text in a colour (SGR parameters), where it is shown.
    func styled(_ text: String, _ style: Style) -> String {
        showsColours ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    enum Style: String {
        case dim = "2"
        case bold = "1"
        case upstream = "32"
        case downstream = "36"
        case remark = "33"
    }

    private static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Int(value("COLUMNS")) ?? 80
        }
        return Int(size.ws_col)
    }

    private static func value(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
