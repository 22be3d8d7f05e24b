/// Numbers and columns for people.
enum Text {
    /// So many digits behind the point, digits before it in groups of three.
    static func decimal(_ value: Double, places: Int = 0) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((value.magnitude * scale).rounded())
        let whole = "\(scaled / Int64(scale))"
        var grouped = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        if places > 0 {
            let fraction = "\(scaled % Int64(scale))"
            grouped += "." + String(repeating: "0", count: places - fraction.count) + fraction
        }
        return value < 0 && scaled > 0 ? "−" + grouped : grouped
    }

    /// Three digits that mean something.
    static func short(_ value: Double) -> String {
        decimal(value, places: value.magnitude >= 100 ? 0 : value.magnitude >= 10 ? 1 : 2)
    }

    static func ratio(_ value: Double) -> String { decimal(value, places: value < 10 ? 3 : 1) }

    /// Rows under a heading, first column to the left and the others to the right.
    static func table(_ heading: [String], _ rows: [[String]]) -> String {
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        return ([heading] + rows).map { row in
            row.indices.map { column in
                let fill = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + fill : fill + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
