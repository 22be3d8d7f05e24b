/// Says no before a transaction for which there is no room: none left for the write-ahead log below the limit for both
/// files, or none on the disk above what is to stay free there.
///
/// Looks at names and asks SQLite for its pages: some microseconds for each transaction.
struct RoomWatch {
    struct Objection: Equatable {
        let reason: GapReason
        let detail: String
    }

    private let limits: SizeLimits
    private let reserve: Int64
    private let paths: CapturePaths
    private let space: SpaceReader
    private let look: @Sendable () -> Filesystem?

    init(_ database: borrowing Database, _ configuration: CaptureConfiguration) throws(SQLiteError) {
        limits = SizeLimits(configuration.retention)
        paths = CapturePaths(database: configuration.databasePath)
        space = try SpaceReader(database)
        look = configuration.look
        reserve = configuration.reserveByteCount
    }

    /// - Parameters:
    ///   - byteCount: what the transaction's batches hold.
    ///   - log: what SQLite last told of its log.
    ///   - isResuming: recording is suspended; it goes on only when there is a little more room than it needs.
    func objection(to byteCount: Int, _ log: Database.Log, isResuming: Bool) -> Objection? {
        guard let space = try? space.read() else { return nil }
        // Rows and pages cost more than payloads alone; a page that two rows do not fit into is half empty.
        let growth = Int64(byteCount) + Int64(byteCount) / 2 + 16 * space.pageByteCount
        let logByteCount = CapturePaths.look(at: paths.log)?.byteCount ?? 0
        let mainByteCount = CapturePaths.look(at: paths.database)?.byteCount ?? 0
        // What is all in the file is overwritten from its beginning.
        let logEnd = (log.hasNews ? Int64(log.pages) * (space.pageByteCount + 24) : 0) + growth
        let fileEnd = max(space.byteCount + max(0, growth - space.freeByteCount), mainByteCount)
        let room = limits.logRoom(besides: fileEnd)
        if max(logByteCount, logEnd) > room {
            return Objection(reason: .walLimit, detail: full(logByteCount, room, log))
        }
        return lowSpace(needing: max(0, logEnd - logByteCount) + fileEnd - mainByteCount, isResuming: isResuming)
    }

    private func lowSpace(needing growth: Int64, isResuming: Bool) -> Objection? {
        guard reserve > 0, let filesystem = look() else { return nil }
        let margin = isResuming ? reserve / 8 : 0
        guard filesystem.availableByteCount - growth < reserve + margin else { return nil }
        let detail =
            "\(filesystem.availableByteCount) bytes are left on the disk of \(paths.database), and \(reserve) are to "
            + "stay free (--min-free-bytes): make room"
        return Objection(reason: .lowSpace, detail: detail)
    }

    private func full(_ byteCount: Int64, _ room: Int64, _ log: Database.Log) -> String {
        "the write-ahead log has \(byteCount) bytes and room for \(room) (--retain-bytes), and a reader holds it: "
            + "end that reader's transaction"
    }
}

extension SizeLimits {
    /// For the log, while the file is so large.
    func logRoom(besides fileByteCount: Int64) -> Int64 {
        hard.map { max(leastLogRoom, $0 - fileByteCount) } ?? .max
    }
}

extension CaptureConfiguration {
    fileprivate var look: @Sendable () -> Filesystem? {
        lookAtFilesystem ?? { [databasePath] in Filesystem.look(at: databasePath) }
    }

    /// What is to stay free on the disk.
    var reserveByteCount: Int64 {
        if let minFreeByteCount { return minFreeByteCount }
        return min(256 << 20, (look()?.byteCount ?? 0) / 20)
    }
}
