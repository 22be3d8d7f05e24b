import Traffic

/// One cell for each route and each case of a closed set: a tally, or a histogram.
struct Grid<Key: LabelValue, Cell: AnyObject & Sendable>: Sendable {
    private let cells: Row<Cell>
    private let width: Int

    init(routeCount: Int, _ make: () -> Cell) {
        width = Key.allCases.count
        cells = Row(count: routeCount * width, make)
    }

    subscript(route: Int, key: Key) -> Cell { cells[route * width + key.position] }

    /// Lends the cell for one change.
    @inline(__always)
    func with(_ route: Int, _ key: Key, _ body: (Cell) -> Void) {
        cells.with(route * width + key.position, body)
    }
}

typealias TallyGrid<Key: LabelValue> = Grid<Key, Tally>

extension Grid where Cell == Tally {
    init(routeCount: Int) {
        self.init(routeCount: routeCount) { Tally() }
    }

    @inline(__always)
    func add(_ amount: Int64, _ route: Int, _ key: Key) {
        with(route, key) { $0.add(amount) }
    }
}
