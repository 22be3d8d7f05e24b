/// Which format a scraper asks for (RFC 9110, section 12.5.1), the one it prefers first.
///
/// What cannot be understood is passed over, and whoever accepts neither format gets Prometheus' own: a scrape is never
/// refused for its `Accept`.
enum AcceptField {
    static func format(_ value: String?) -> TextFormat {
        var best = (format: TextFormat.prometheus, quality: 0)
        for range in (value ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
            guard let type = parts.first, let format = format(type, version: parameter("version", parts)) else {
                continue
            }
            let quality = parameter("q", parts).map(thousandths) ?? 1000
            if quality > best.quality { best = (format, quality) }
        }
        return best.format
    }

    private static func format(_ type: String, version: String?) -> TextFormat? {
        switch (type, version) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"): .openMetrics
        // Prometheus asks for text in version 1.0.0 too, and takes 0.0.4 for an answer.
        case ("text/plain", _), ("text/*", _), ("*/*", _): .prometheus
        default: nil
        }
    }

    private static func parameter(_ name: String, _ parts: [String]) -> String? {
        parts.dropFirst().first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// `0.75` as 750; 0 where it is no quality.
    private static func thousandths(_ text: String) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        guard let whole = Int(parts[0]), (0...1).contains(whole), fraction.utf8.allSatisfy(\.isDigit) else { return 0 }
        let digits = (fraction + "000").prefix(3)
        return min(1000, whole * 1000 + (Int(digits) ?? 0))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.filter { $0 != " " && $0 != "\t" })
    }
}
