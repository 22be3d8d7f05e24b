import Traffic

/// Inserts the messages of a transaction, many rows a statement, and notes which ids each session got. Payloads are lent from
/// the batches, never copied here.
///
/// SQLite numbers the rows itself, each one more than the largest: it then adds at the end of the table without looking for
/// the place. Unless its largest is not the one before ours, for somebody has put a larger id there, or all are deleted: then
/// each row is given its own.
struct MessageWriter {
    private let insertions: [MessageInsertion]
    private let largestID: Statement
    private let pace: Pace

    init(_ database: borrowing Database, _ pace: Pace) throws(SQLiteError) {
        self.pace = pace
        var insertions: [MessageInsertion] = []
        for rowCount in MessageInsertion.rowCounts {
            insertions.append(try MessageInsertion(of: rowCount, into: database))
        }
        self.insertions = insertions
        largestID = try database.prepare("SELECT max(id) FROM messages", doing: "looking for the last message")
    }

    /// Nobody else can write meanwhile: the transaction has the lock.
    func write(
        _ batches: [Batch],
        _ nextID: inout Int64,
        _ bounds: inout MessageBounds
    ) throws(SQLiteError) {
        var numbersItself = try largestID.firstInteger() ?? 0 == nextID - 1
        for batch in batches {
            try batch.messages.read { messages throws(SQLiteError) in
                for insertion in insertions {
                    while messages.leftCount >= insertion.rowCount {
                        try insertion.insert(&messages, from: nextID, givesIDs: !numbersItself, &bounds)
                        pace.breathe()
                        nextID += Int64(insertion.rowCount)
                        if !numbersItself { numbersItself = try largestID.firstInteger() == nextID - 1 }
                    }
                }
            }
        }
    }
}

/// Inserts so many messages by one statement, and remembers what its parameters hold.
///
/// SQLite keeps what is bound from one run to the next, and much is the same again: direction, ending and length, often the
/// session, no kind. To look costs less than to say it again: of 3,660 instructions a row it saves 380. That all columns are
/// named in their order, with the id, spares SQLite a copy of each value.
///
/// OR FAIL: what a statement has done before it fails need not be undone, for the writer rolls back the whole transaction.
/// Undoing it would take a copy of each page, which are 320 instructions a row.
private final class MessageInsertion {
    /// The most that fit are inserted together. More gain nothing; with 64 instead of 256 a row takes a 12th longer.
    static let rowCounts = [256, 16, 1]

    private static let columns: Int32 = 9

    private struct Bound {
        var session: Int64 = 0
        var direction: Int64 = 0
        var sequence: Int64 = 0
        var at: Int64 = 0
        var byteCount: Int64 = 0
        var ending: Int64 = 0
        var hasKind = false
    }

    let rowCount: Int
    private let statement: Statement
    private var bound: [Bound]
    private var hasIDs = false

    init(of rowCount: Int, into database: borrowing Database) throws(SQLiteError) {
        self.rowCount = rowCount
        let rows = Array(repeating: "(?,?,?,?,?,?,?,?,?)", count: rowCount).joined(separator: ",")
        statement = try database.prepare(
            """
            INSERT OR FAIL INTO messages
                (id, session_id, direction, sequence, at_ns, byte_count, ending, kind, payload)
            VALUES \(rows)
            """,
            doing: rowCount == 1 ? "inserting a message" : "inserting messages"
        )
        bound = Array(repeating: Bound(), count: rowCount)
        for row in 0..<Int32(rowCount) {
            for column in Int32(2)...7 { statement.bind(Int64(0), at: row * Self.columns + column) }
        }
    }

    /// - Parameters:
    ///   - firstID: the first one's, and each has one more than the one before.
    ///   - givesIDs: SQLite would number them otherwise.
    func insert(
        _ messages: inout MessageRows.Reader,
        from firstID: Int64,
        givesIDs: Bool,
        _ bounds: inout MessageBounds
    ) throws(SQLiteError) {
        bindIDs(givesIDs ? firstID : nil)
        bound.withUnsafeMutableBufferPointer { bound in
            var position: Int32 = 1
            for index in bound.indices {
                let message = messages.next()
                bounds.add(message.row, id: firstID + Int64(index))
                bind(message, at: position, &bound[index])
                position += Self.columns
            }
        }
        try statement.run()
    }

    private func bindIDs(_ first: Int64?) {
        guard first != nil || hasIDs else { return }
        for row in 0..<rowCount {
            statement.bind(first.map { $0 + Int64(row) }, at: Int32(row) * Self.columns + 1)
        }
        hasIDs = first != nil
    }

    @inline(__always)
    private func bind(_ message: MessageRows.Reader.Message, at position: Int32, _ bound: inout Bound) {
        let row = message.row
        renew(&bound.session, row.session, at: position + 1)
        renew(&bound.direction, Int64(row.direction.rawValue), at: position + 2)
        renew(&bound.sequence, row.sequence, at: position + 3)
        renew(&bound.at, row.at, at: position + 4)
        renew(&bound.byteCount, row.byteCount, at: position + 5)
        renew(&bound.ending, Int64(row.ending.rawValue), at: position + 6)
        if row.kindByteCount > 0 || bound.hasKind {
            bound.hasKind = row.kindByteCount > 0
            statement.bind(borrowingText: message.kind, at: position + 7)
        }
        statement.bind(borrowing: message.payload, at: position + 8)
    }

    @inline(__always)
    private func renew(_ bound: inout Int64, _ value: Int64, at position: Int32) {
        guard bound != value else { return }
        bound = value
        statement.bind(value, at: position)
    }
}

/// The first and last message of each session in one transaction: what bounds its rows in `messages`.
struct MessageBounds {
    struct Row {
        let session: Int64
        let firstID: Int64
        var lastID: Int64
        /// The highest in this transaction; 0 if there was none.
        var sequence = PerDirection<Int64>(both: 0)
    }

    private(set) var rows: [Row] = []
    private var indices: [Int64: Int] = [:]
    /// Where sessions were found last, by the end of their ids: mostly the one looked for is among them.
    private var recent = [Int](repeating: 0, count: 64)

    mutating func clear() {
        rows.removeAll(keepingCapacity: rows.capacity <= 8192)
        indices.removeAll(keepingCapacity: indices.capacity <= 8192)
    }

    mutating func add(_ message: MessageRows.Row, id: Int64) {
        let place = Int(truncatingIfNeeded: message.session) & (recent.count - 1)
        var index = recent[place]
        if index >= rows.count || rows[index].session != message.session {
            index = find(message.session, id)
            recent[place] = index
        }
        rows[index].lastID = id
        rows[index].sequence[message.direction] = message.sequence
    }

    private mutating func find(_ session: Int64, _ id: Int64) -> Int {
        if let known = indices[session] { return known }
        indices[session] = rows.count
        rows.append(Row(session: session, firstID: id, lastID: id))
        return rows.count - 1
    }
}
