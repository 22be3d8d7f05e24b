import Traffic

/// One cell for each route and each case of a closed set: a tally, or a histogram.
///
/// Finding a cell is one multiplication and one array access: cheap enough for every read and every message.
struct Grid<Key: LabelValue, Cell: AnyObject & Sendable>: Sendable {
    private let cells: [Cell]
    /// The same cells again, not counted as references: retaining and releasing the cell, two locked instructions, made
    /// counting a read 12.5 ns instead of 3.4 ns.
    private let lent: [Lent<Cell>]
    private let width: Int

    init(routeCount: Int, _ make: () -> Cell) {
        width = Key.allCases.count
        let cells = (0..<routeCount * width).map { _ in make() }
        self.cells = cells
        lent = cells.map(Lent.init)
    }

    subscript(route: Int, key: Key) -> Cell { cells[route * width + key.position] }

    /// Lends the cell for one change.
    @inline(__always)
    func with(_ route: Int, _ key: Key, _ body: (Cell) -> Void) {
        // Safe: `cells` holds every cell as long as this value lives, and `body` cannot keep it longer than that.
        unsafe lent[route * width + key.position].cell._withUnsafeGuaranteedRef { body($0) }
    }
}

/// A cell somebody else holds. `Grid` alone makes these, beside the array that holds the cells.
@safe private struct Lent<Cell: AnyObject & Sendable>: Sendable {
    let cell: Unmanaged<Cell>

    init(_ cell: Cell) {
        unsafe self.cell = Unmanaged.passUnretained(cell)
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
