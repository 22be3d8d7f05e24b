import Traffic

/// Inserts a batch's messages, many rows a statement, and notes which ids each session got.
///
/// 64 rows a statement record 1.6 M messages of 64 bytes a second where single rows record 0.9 M; more rows gain nothing
/// (two shared cores, the writer on one). What is left over goes one by one. Payloads are lent from the batch, never copied
/// here.
///
/// The first row of a batch is given its id, and SQLite numbers those after it, each one more than the largest: it then adds
/// at the end of the table without looking for the place, which takes 0.31 µs a row instead of 0.40. Unless somebody has put
/// a larger id there: then each row is given its own.
struct MessageWriter {
    private static let rowsPerStatement = 64
    private static let columns = "session_id, direction, sequence, at_ns, byte_count, ending, kind, payload"
    private static let columnCount: Int32 = 8

    private let insertMany: Statement
    private let insertOne: Statement
    private let largestID: Statement

    init(_ database: borrowing Database) throws(SQLiteError) {
        let row = "(?,?,?,?,?,?,?,?)"
        let many = Array(repeating: row, count: Self.rowsPerStatement).joined(separator: ",")
        insertMany = try database.prepare(
            "INSERT INTO messages (\(Self.columns)) VALUES \(many)",
            doing: "inserting messages"
        )
        insertOne = try database.prepare(
            "INSERT INTO messages (\(Self.columns), id) VALUES (?,?,?,?,?,?,?,?,?)",
            doing: "inserting a message"
        )
        largestID = try database.prepare("SELECT max(id) FROM messages", doing: "looking for the last message")
    }

    func write(
        _ batch: Batch,
        _ nextID: inout Int64,
        _ bounds: inout MessageBounds
    ) throws(SQLiteError) {
        for (offset, row) in batch.messages.enumerated() { bounds.add(row, id: nextID + Int64(offset)) }
        let firstID = nextID
        try batch.messages.withUnsafeBufferPointer { rows throws(SQLiteError) in
            try batch.payloads.withUnsafeBufferPointer { payloads throws(SQLiteError) in
                let bytes = UnsafeRawBufferPointer(payloads)
                var index = 0
                var numbersItself = false
                while index < rows.count {
                    let isMany = numbersItself && rows.count - index >= Self.rowsPerStatement
                    let end = isMany ? index + Self.rowsPerStatement : index + 1
                    let some = UnsafeBufferPointer(rebasing: rows[index..<end])
                    let id = firstID + Int64(index)
                    if isMany {
                        try Self.insert(some, bytes, insertMany)
                    } else {
                        insertOne.bind(id, at: Self.columnCount + 1)
                        try Self.insert(some, bytes, insertOne)
                        if index == 0 { numbersItself = try largestID.firstInteger() == id }
                    }
                    index = end
                }
            }
        }
        nextID += Int64(batch.messages.count)
    }

    private static func insert(
        _ rows: UnsafeBufferPointer<Batch.MessageRow>,
        _ payloads: UnsafeRawBufferPointer,
        _ statement: Statement
    ) throws(SQLiteError) {
        var position: Int32 = 1
        for row in rows {
            let end = row.payloadStart + row.payloadByteCount
            statement.bind(row.session, at: position)
            statement.bind(Int64(row.direction.rawValue), at: position + 1)
            statement.bind(row.sequence, at: position + 2)
            statement.bind(row.at, at: position + 3)
            statement.bind(row.byteCount, at: position + 4)
            statement.bind(Int64(row.ending.rawValue), at: position + 5)
            let kindStart = row.payloadStart - Int(row.kindByteCount)
            statement.bind(
                borrowingText: UnsafeRawBufferPointer(rebasing: payloads[kindStart..<row.payloadStart]),
                at: position + 6
            )
            statement.bind(
                borrowing: UnsafeRawBufferPointer(rebasing: payloads[row.payloadStart..<end]),
                at: position + 7
            )
            position += columnCount
        }
        try statement.run()
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
    private var latest = 0

    mutating func clear() {
        rows.removeAll(keepingCapacity: rows.capacity <= 8192)
        indices.removeAll(keepingCapacity: indices.capacity <= 8192)
    }

    /// Messages come in runs of one session: mostly it is the one before.
    mutating func add(_ message: Batch.MessageRow, id: Int64) {
        if latest >= rows.count || rows[latest].session != message.session { find(message.session, id) }
        rows[latest].lastID = id
        rows[latest].sequence[message.direction] = message.sequence
    }

    private mutating func find(_ session: Int64, _ id: Int64) {
        if let known = indices[session] {
            latest = known
        } else {
            latest = rows.count
            indices[session] = latest
            rows.append(Row(session: session, firstID: id, lastID: id))
        }
    }
}
