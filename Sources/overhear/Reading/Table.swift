/// Rows of text in aligned columns, two spaces apart, fitted into a terminal's width where it has one.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        let title: String
        let alignment: Alignment
        /// What goes first where it is too narrow: columns that can be missed, the highest number first.
        let dispensability: Int
        /// Can be shown by its end only, as addresses can.
        let isShortenable: Bool

        init(_ title: String, _ alignment: Alignment = .left, dispensability: Int = 0, isShortenable: Bool = false) {
            self.title = title
            self.alignment = alignment
            self.dispensability = dispensability
            self.isShortenable = isShortenable
        }
    }

    private var columns: [Column]
    private var rows: [[String]] = []

    private static let shortest = 10

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The titles first.
    func lines(on terminal: Terminal) -> [String] {
        var table = self
        if let width = terminal.columns {
            table.dropColumns(into: width)
            table.shorten(into: width)
        }
        let widths = table.widths
        let title = terminal.styled(table.line(table.columns.map(\.title), widths), .bold)
        return [title] + table.rows.map { table.line($0, widths) }
    }

    private var widths: [Int] {
        columns.indices.map { index in max(columns[index].title.count, rows.map { $0[index].count }.max() ?? 0) }
    }

    private var width: Int { widths.reduce(0, +) + 2 * (columns.count - 1) }

    private mutating func dropColumns(into width: Int) {
        while self.width > width,
            let index = columns.indices.max(by: { columns[$0].dispensability < columns[$1].dispensability }),
            columns[index].dispensability > 0
        {
            columns.remove(at: index)
            for row in rows.indices { rows[row].remove(at: index) }
        }
    }

    /// Takes from the widest of the columns that can be shortened, one character after the other.
    private mutating func shorten(into width: Int) {
        var widths = widths
        var excess = self.width - width
        while excess > 0,
            let index = columns.indices.filter({ columns[$0].isShortenable }).max(by: { widths[$0] < widths[$1] }),
            widths[index] > Self.shortest
        {
            widths[index] -= 1
            excess -= 1
        }
        for row in rows.indices {
            for index in columns.indices where rows[row][index].count > widths[index] {
                rows[row][index] = "…" + rows[row][index].suffix(widths[index] - 1)
            }
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { index in
            let fill = String(repeating: " ", count: max(0, widths[index] - cells[index].count))
            return columns[index].alignment == .left ? cells[index] + fill : fill + cells[index]
        }
        let line = padded.joined(separator: "  ")
        return String(line.prefix(upTo: line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex))
    }
}
