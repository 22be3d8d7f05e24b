/// The two text formats that Prometheus reads: its own, 0.0.4, and OpenMetrics 1.0.
///
/// Everything of a line but its number is fixed from the start, so it is encoded once: a scrape copies it and writes
/// digits. What differs: OpenMetrics names a counter's family without `_total`, tells units, escapes quotes in help,
/// carries exemplars, and says where it ends.
package enum TextFormat: Sendable {
    case prometheus
    case openMetrics

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What stands after the last family: a body cut short must not pass for a whole one.
    var ending: [UInt8] { self == .openMetrics ? Array("# EOF\n".utf8) : [] }

    /// A section ready to be filled with numbers.
    struct EncodedSection: Sendable {
        let name: String
        let head: [UInt8]
        let lines: [EncodedSeries]
        let showsExemplars: Bool
    }

    /// A series ready to be filled: for each of its lines, what stands before the number.
    struct EncodedSeries: Sendable {
        let prefixes: [[UInt8]]
        let scale: Int64
        let read: @Sendable (Moment) -> Reading?
    }

    func encode(_ section: Section) -> EncodedSection {
        let family = section.family
        return EncodedSection(
            name: family.name,
            head: Array(head(of: family).utf8),
            lines: section.series.map { series in
                EncodedSeries(prefixes: Self.prefixes(family, series), scale: family.scale, read: series.read)
            },
            showsExemplars: self == .openMetrics
        )
    }

    private func head(of family: Family) -> String {
        switch self {
        case .prometheus:
            let kind = family.kind == .info ? "gauge" : family.kind.rawValue
            return "# HELP \(family.name) \(Self.escapedHelp(family.help))\n# TYPE \(family.name) \(kind)\n"
        case .openMetrics:
            let name = family.nameInOpenMetrics
            // A unit has to be the end of the name.
            let unit =
                family.unit.map { name.hasSuffix("_\($0.rawValue)") ? "# UNIT \(name) \($0.rawValue)\n" : "" } ?? ""
            return "# TYPE \(name) \(family.kind.rawValue)\n\(unit)# HELP \(name) \(Self.escapedLabel(family.help))\n"
        }
    }

    /// The whole group of one family, its last line ended; nothing at all where no series can be known.
    static func render(_ section: EncodedSection, at moment: Moment) -> [UInt8] {
        var text = section.head
        for series in section.lines {
            guard let reading = series.read(moment) else { continue }
            append(reading, series, showsExemplars: section.showsExemplars, to: &text)
        }
        return text.count == section.head.count ? [] : text
    }

    private static func append(
        _ reading: Reading,
        _ series: EncodedSeries,
        showsExemplars: Bool,
        to text: inout [UInt8]
    ) {
        switch reading {
        case .number(let number):
            line(series.prefixes[0], to: &text) { Decimal.append(number, to: &$0) }
        case .fraction(let number, let scale):
            line(series.prefixes[0], to: &text) { Decimal.append(number, per: scale, to: &$0) }
        case .infinite:
            line(series.prefixes[0], to: &text) { $0 += "+Inf".utf8 }
        case .distribution(let counts, let sum, let exemplars):
            appendDistribution(counts, sum, showsExemplars ? exemplars : [], series, to: &text)
        }
    }

    /// Buckets are cumulative; the unbounded one is the count by definition, so the two always agree.
    private static func appendDistribution(
        _ counts: [Int64],
        _ sum: Int64,
        _ exemplars: [Exemplar?],
        _ series: EncodedSeries,
        to text: inout [UInt8]
    ) {
        var total: Int64 = 0
        for (bucket, (count, prefix)) in zip(counts, series.prefixes).enumerated() {
            total += count
            line(prefix, to: &text) {
                Decimal.append(total, to: &$0)
                if count > 0, bucket < exemplars.count, let exemplar = exemplars[bucket] {
                    append(exemplar, scale: series.scale, to: &$0)
                }
            }
        }
        line(series.prefixes[counts.count], to: &text) { Decimal.append(sum, per: series.scale, to: &$0) }
        line(series.prefixes[counts.count + 1], to: &text) { Decimal.append(total, to: &$0) }
    }

    /// ` # {session="17",sequence="3"} 48 1520879607.789`
    private static func append(_ exemplar: Exemplar, scale: Int64, to text: inout [UInt8]) {
        text += " # {session=\"".utf8
        Decimal.append(exemplar.session, to: &text)
        text += "\",sequence=\"".utf8
        Decimal.append(exemplar.sequence, to: &text)
        text += "\"} ".utf8
        Decimal.append(exemplar.value, per: scale, to: &text)
        text.append(UInt8(ascii: " "))
        // Milliseconds are what Prometheus keeps.
        Decimal.append(exemplar.at / 1_000_000, per: 1000, to: &text)
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

    /// Label values everywhere, and help in OpenMetrics.
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

extension Family {
    /// As OpenMetrics writes it in TYPE, UNIT and HELP: without what its samples add.
    var nameInOpenMetrics: String {
        switch kind {
        case .counter: String(name.dropLast("_total".count))
        case .info: String(name.dropLast("_info".count))
        case .gauge, .histogram: name
        }
    }
}
