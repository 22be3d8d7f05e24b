import Traffic

/// The record as it goes on: its last messages, then each new one once it is committed, and a remark wherever something
/// is missing.
///
/// Every call reads one bounded piece in a transaction of its own, so that however slowly the pieces are taken, nothing
/// holds the writer's log. Goes on where it was when the relay starts again, and from the beginning when another file
/// takes the name. Confined to one thread.
package final class Transcript {
    package enum Entry: Equatable, Sendable {
        case message(RecordedMessage)
        /// Something was heard and not recorded. Said again when it has grown.
        case gap(RecordedGap)
        /// So many messages, of any session, were deleted before they could be read here.
        case deleted(messages: Int64)
        /// Another file has the name now: what follows is its.
        case replaced
    }

    private let path: String
    private let filter: MessageFilter
    private let payloadLimit: Int?
    private var reader: Reader?
    /// Everything up to this id was looked at.
    private var position: Int64 = 0
    /// What lies above the position was seen to be there.
    private var knowsPosition = false
    private var gaps = GapWatch()
    /// As of the last piece: nothing is known beyond it until the version changes.
    private var settledVersion: Int64?
    private var lostFile = false
    /// There is no file, or it cannot be read just now.
    private var isWaiting = false
    private var failures = 0

    /// After so many failures one after the other it gives up.
    private static let failureLimit = 20

    /// - Parameter payloadLimit: how many bytes of each payload are wanted; nil for all.
    package init(path: String, filter: MessageFilter, payloadLimit: Int?) {
        self.path = path
        self.filter = filter
        self.payloadLimit = payloadLimit
    }

    /// Opens the file and finds the place from which so many messages are left.
    ///
    /// - Returns: the id of the last message there is now.
    package func begin(last count: Int64) throws(CaptureError) -> Int64 {
        while true {
            let reader = try Reader(path, filter, payloadLimit)
            let bounds = try reader.bounds()
            position = try bounds.map { (bounds) throws(CaptureError) in try reader.start(of: count, bounds) } ?? 0
            gaps = try GapWatch(reader, ignoringBefore: count > 0 ? reader.time(after: position) : .max)
            guard !reader.archive.isStale else { continue }
            self.reader = reader
            knowsPosition = bounds != nil
            return bounds?.upperBound ?? 0
        }
    }

    /// The next piece; empty if there is nothing new for now. Waits for nothing.
    ///
    /// - Parameter last: the id after which nothing is wanted.
    package func next(upTo last: Int64 = .max) throws(CaptureError) -> [Entry] {
        do throws(CaptureError) {
            let entries = try piece(upTo: last)
            failures = 0
            return entries
        } catch {
            // A relay that starts or somebody's transaction is in the way for a moment.
            failures += 1
            guard [.locked, .inputOutput].contains(error.kind), failures < Self.failureLimit else { throw error }
            isWaiting = true
            reader = nil
            return []
        }
    }

    /// Whether everything up to an id was given out.
    package func isThrough(_ id: Int64) -> Bool { position >= id }

    /// There is nothing to do for now: worth a pause.
    package var isCaughtUp: Bool { settledVersion != nil || isWaiting }

    // MARK: - How

    private func piece(upTo last: Int64) throws(CaptureError) -> [Entry] {
        let opened = try openedReader()
        isWaiting = opened == nil
        guard let reader = opened else { return [] }
        let version = try reader.archive.dataVersion()
        let knowsAll = settledVersion == version
        var entries = replacement()
        if !knowsAll {
            let view = try reader.view(after: position, upTo: last)
            guard !reader.archive.isStale else {
                self.reader = nil
                return []
            }
            gaps.look(at: view.gaps)
            entries += take(view)
            settledVersion = view.isComplete ? version : nil
        }
        if settledVersion != nil {
            entries += gaps.due(before: .max).map(Entry.gap)
            lostFile = reader.archive.isReplaced
            if lostFile || reader.archive.isStale {
                self.reader = nil
                settledVersion = nil
            }
        }
        return entries
    }

    /// Nil while there is no file.
    private func openedReader() throws(CaptureError) -> Reader? {
        if let reader { return reader }
        settledVersion = nil
        do throws(CaptureError) {
            reader = try Reader(path, filter, payloadLimit)
        } catch {
            guard error.kind == .missing else { throw error }
            lostFile = true
        }
        return reader
    }

    /// The first time that there is a file again.
    private func replacement() -> [Entry] {
        guard lostFile else { return [] }
        lostFile = false
        position = 0
        knowsPosition = false
        gaps = GapWatch()
        return [.replaced]
    }

    private func take(_ view: Reader.View) -> [Entry] {
        guard !view.isOfOtherRows else {
            position = (view.bounds?.lowerBound ?? 1) - 1
            return [.replaced]
        }
        var entries: [Entry] = []
        if view.start > position, knowsPosition { entries.append(.deleted(messages: view.start - position)) }
        for message in view.piece.messages {
            entries += gaps.due(before: message.at.nanosecondsSince1970).map(Entry.gap)
            entries.append(.message(message))
        }
        position = view.piece.lastID
        knowsPosition = view.bounds != nil || knowsPosition
        return entries
    }
}

/// One opened file with its statements.
private final class Reader {
    let archive: Archive
    private let messages: MessageQuery
    private let gaps: GapQuery
    private let timeAfter: Statement
    private let filter: MessageFilter

    /// What one short transaction saw.
    struct View {
        let bounds: ClosedRange<Int64>?
        /// Where the reading began: above the position where rows were deleted.
        let start: Int64
        let piece: MessageQuery.Piece
        let gaps: [GapQuery.Row]
        /// There was nothing more.
        let isComplete: Bool
        /// The ids begin anew: somebody copied another record over this one.
        let isOfOtherRows: Bool
    }

    /// Gaps that grow are among the last; so many are looked at each time.
    private static let gapsPerView: Int64 = 64

    init(_ path: String, _ filter: MessageFilter, _ payloadLimit: Int?) throws(CaptureError) {
        let archive = try Archive(path: path)
        self.archive = archive
        self.filter = filter
        (messages, gaps, timeAfter) = try archive.telling { () throws(SQLiteError) in
            (
                try MessageQuery(archive, filter, payloadLimit: payloadLimit), try GapQuery(archive),
                try archive.database.prepare(
                    "SELECT at_ns FROM messages WHERE id > ? ORDER BY id LIMIT 1",
                    doing: "reading messages"
                )
            )
        }
    }

    func bounds() throws(CaptureError) -> ClosedRange<Int64>? {
        try archive.telling { () throws(SQLiteError) in try messages.bounds() }
    }

    /// The id after which so many messages are left, found from the end in small steps.
    func start(of count: Int64, _ bounds: ClosedRange<Int64>) throws(CaptureError) -> Int64 {
        let floor = bounds.lowerBound - 1
        guard count > 0 else { return bounds.upperBound }
        guard !filter.passesAll else { return max(floor, bounds.upperBound - min(count, bounds.upperBound)) }
        var wanted = count
        var end = bounds.upperBound + 1
        while end > bounds.lowerBound {
            let found = try archive.telling { () throws(SQLiteError) in try messages.idsBelow(end, atMost: wanted) }
            wanted -= Int64(found.ids.count)
            if wanted == 0, let first = found.ids.last { return first - 1 }
            end = found.end
        }
        return floor
    }

    /// When the first message above an id was heard; the beginning of time if there is none.
    func time(after id: Int64) throws(CaptureError) -> Int64 {
        try archive.telling { () throws(SQLiteError) in
            timeAfter.bind(id, at: 1)
            defer { timeAfter.reset() }
            return try timeAfter.step() ? timeAfter.integer(0) ?? .min : .min
        }
    }

    func lastGaps(_ count: Int64) throws(CaptureError) -> [GapQuery.Row] {
        try archive.telling { () throws(SQLiteError) in try gaps.last(count) }
    }

    func view(after position: Int64, upTo last: Int64) throws(CaptureError) -> View {
        try archive.atOneMoment { () throws(SQLiteError) in
            let bounds = try messages.bounds()
            let end = min(last, bounds?.upperBound ?? last)
            let start = max(position, bounds.map { $0.lowerBound - 1 } ?? position)
            let isEmpty = bounds == nil || start >= end
            let piece =
                isEmpty
                ? MessageQuery.Piece(lastID: bounds == nil && last < .max ? last : start)
                : try messages.piece(after: start, upTo: end)
            let isOfOtherRows = bounds.map { $0.upperBound < position } ?? false
            return View(
                bounds: bounds,
                start: start,
                piece: piece,
                gaps: try gaps.last(Self.gapsPerView),
                isComplete: !isOfOtherRows && (isEmpty || piece.lastID >= end),
                isOfOtherRows: isOfOtherRows
            )
        }
    }
}

/// Which gaps are still to be told: each once when it is first seen, and again, not too often, when it has grown.
private struct GapWatch {
    private struct Told {
        let gap: RecordedGap
        let at: Int64
    }

    private var told: [Int64: Told] = [:]
    private var waiting: [GapQuery.Row] = []

    /// Between two tellings of a gap that grows.
    private static let interval: Int64 = 1_000_000_000

    init() {}

    /// What is in the record so far and ended before a time is not to be told.
    init(_ reader: Reader, ignoringBefore time: Int64) throws(CaptureError) {
        let rows = try reader.lastGaps(10_000)
        for row in rows where row.gap.to.nanosecondsSince1970 < time {
            told[row.rowID] = Told(gap: row.gap, at: Clock.monotonic)
        }
        look(at: rows)
    }

    mutating func look(at rows: [GapQuery.Row]) {
        for row in rows where told[row.rowID]?.gap != row.gap {
            waiting.removeAll { $0.rowID == row.rowID }
            waiting.append(row)
        }
    }

    /// Those that began before a time and are due.
    mutating func due(before time: Int64) -> [RecordedGap] {
        guard !waiting.isEmpty else { return [] }
        let now = Clock.monotonic
        var due: [GapQuery.Row] = []
        waiting.removeAll { row in
            guard row.gap.from.nanosecondsSince1970 <= time else { return false }
            if let before = told[row.rowID], now - before.at < Self.interval { return false }
            due.append(row)
            return true
        }
        for row in due { told[row.rowID] = Told(gap: row.gap, at: now) }
        return due.sorted { $0.gap.from < $1.gap.from }.map(\.gap)
    }
}
