/// The Prometheus text format 0.0.4.
///
/// Everything of a line but its number is fixed from the start, so it is encoded once: a scrape copies it and writes
/// digits. HELP escapes backslash and line feed; label values escape the double quote too.
enum TextFormat {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A section ready to be filled with numbers.
    struct EncodedSection: Sendable {
        let head: [UInt8]
        let lines: [EncodedSeries]
    }

    /// A series ready to be filled: for each of its lines, what stands before the number.
    struct EncodedSeries: Sendable {
        let prefixes: [[UInt8]]
        let scale: Int64
        let read: @Sendable (Moment) -> Reading?
    }

    static func encode(_ section: Section) -> EncodedSection {
        let family = section.family
        let head =
            "# HELP \(family.name) \(escapedHelp(family.help))\n"
            + "# TYPE \(family.name) \(family.kind.rawValue)\n"
        return EncodedSection(
            head: Array(head.utf8),
            lines: section.series.map { series in
                EncodedSeries(prefixes: prefixes(family, series), scale: family.scale, read: series.read)
            }
        )
    }

    /// The whole group of one family, its last line ended; nothing at all where no series can be known.
    static func render(_ section: EncodedSection, at moment: Moment) -> [UInt8] {
        var text = section.head
        for series in section.lines {
            guard let reading = series.read(moment) else { continue }
            append(reading, series, to: &text)
        }
        return text.count == section.head.count ? [] : text
    }

    private static func append(_ reading: Reading, _ series: EncodedSeries, to text: inout [UInt8]) {
        switch reading {
        case .number(let number):
            line(series.prefixes[0], to: &text) { Decimal.append(number, to: &$0) }
        case .fraction(let number, let scale):
            line(series.prefixes[0], to: &text) { Decimal.append(number, per: scale, to: &$0) }
        case .infinite:
            line(series.prefixes[0], to: &text) { $0 += "+Inf".utf8 }
        case .distribution(let counts, let sum):
            appendDistribution(counts, sum, series, to: &text)
        }
    }

    /// Buckets are cumulative; the unbounded one is the count by definition, so the two always agree.
    private static func appendDistribution(
        _ counts: [Int64],
        _ sum: Int64,
        _ series: EncodedSeries,
        to text: inout [UInt8]
    ) {
        var total: Int64 = 0
        for (count, prefix) in zip(counts, series.prefixes) {
            total += count
            line(prefix, to: &text) { Decimal.append(total, to: &$0) }
        }
        line(series.prefixes[counts.count], to: &text) { Decimal.append(sum, per: series.scale, to: &$0) }
        line(series.prefixes[counts.count + 1], to: &text) { Decimal.append(total, to: &$0) }
    }

    private static func line(_ prefix: [UInt8], to text: inout [UInt8], number: (inout [UInt8]) -> Void) {
        text += prefix
        number(&text)
        text.append(UInt8(ascii: "\n"))
    }

    private static func prefixes(_ family: Family, _ series: Series) -> [[UInt8]] {
        let labels = zip(family.labels.map(\.name), series.labelValues).map { ($0, $1) }
        guard family.kind == .histogram else { return [prefix(family.name, labels)] }
        let bounds = family.bounds.map { Decimal.canonical($0, per: family.scale) } + ["+Inf"]
        return bounds.map { prefix(family.name + "_bucket", labels + [("le", $0)]) }
            + [prefix(family.name + "_sum", labels), prefix(family.name + "_count", labels)]
    }

    private static func prefix(_ name: String, _ labels: [(name: String, value: String)]) -> [UInt8] {
        guard !labels.isEmpty else { return Array("\(name) ".utf8) }
        let pairs = labels.map { "\($0.name)=\"\(escapedLabel($0.value))\"" }
        return Array("\(name){\(pairs.joined(separator: ","))} ".utf8)
    }

    static func escapedHelp(_ text: String) -> String {
        escaped(text) { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : nil }
    }

    static func escapedLabel(_ text: String) -> String {
        escaped(text) { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : $0 == "\"" ? "\\\"" : nil }
    }

    /// By scalar, not by character: CR LF is one character and would hide its line feed.
    private static func escaped(_ text: String, by replacement: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if let replaced = replacement(scalar) {
                result += replaced
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
