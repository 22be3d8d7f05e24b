/// How a limit for the file and its write-ahead log together is shared out, in bytes.
///
/// Room for the log comes out of the limit, so the file stays below it by two steps of the log; and what is in use of the
/// file stays below that by what the next transaction may take, so that the transaction finds free pages and the file
/// does not grow. A page holds a single row of a little more than half its size: hence twice a transaction.
struct SizeLimits: Equatable, Sendable {
    /// The log is moved into the file when it is so long.
    let logStep: Int64
    /// Of batches, in one transaction: so little that even a slow disk commits something before that counts as a stall.
    let transaction: Int64
    /// The file's; nil without a limit.
    let file: Int64?
    /// What of the file may be in use before something is deleted.
    let used: Int64?
    /// File and log together, beyond which nothing more is written.
    let hard: Int64?

    init(_ retention: Retention) {
        let limit = retention.byteCount
        logStep = min(16 << 20, (limit ?? .max) / 16)
        transaction = min(4 << 20, (limit ?? .max) / 32)
        file = limit.map { [logStep] in $0 - 2 * logStep }
        used = file.map { [transaction] in $0 - 2 * transaction }
        hard = limit.map { $0 + $0 / 20 }
    }

    /// The log may always be so long, however large the file is: it was made under another limit.
    var leastLogRoom: Int64 { 2 * logStep }
}
