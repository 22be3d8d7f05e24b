/// What a system writes down, and how that is held against what was sent.
enum Record: Sendable {
    /// overhear's database (docs/CAPTURE.md): payloads up to this many bytes are stored.
    case capture(payloadLimit: Int)

    /// Every message sent has its row, each way, with its bytes; and nothing else has.
    ///
    /// - Parameter goesBack: does the server answer each message with itself?
    func check(_ place: System.Place, _ outcome: Outcome, goesBack: Bool) throws {
        switch self {
        case .capture(let payloadLimit):
            let payload =
                payloadLimit == .max
                ? "length(payload)" : "CASE WHEN length(payload) <= \(payloadLimit) THEN byte_count ELSE -1 END"
            let rows = try Child.output(
                of: "sqlite3",
                [
                    "-readonly", "-separator", " ", place.database,
                    """
                    SELECT direction, count(*), sum(byte_count), sum(\(payload)) FROM messages GROUP BY direction;
                    SELECT 'gap', count(*), total(messages), total(bytes) FROM gaps HAVING count(*) > 0;
                    """,
                ]
            )
            let sums = "\(outcome.sentMessages) \(outcome.sentBytes) \(outcome.sentBytes)\n"
            let expected = "0 \(sums)" + (goesBack ? "1 \(sums)" : "")
            guard rows == expected else {
                throw Trouble(
                    "the record does not hold what was sent: expected \(expected.debugDescription), found \(rows.debugDescription)"
                )
            }
        }
    }
}
