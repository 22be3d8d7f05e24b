import Synchronization

/// The only place where loops and the writer meet: full batches go one way, empty ones come back, and what is under way
/// is counted.
///
/// Loops never wait here (the lock is held for a few instructions); the writer waits for work.
final class HandOff: Sendable {
    enum Work {
        case batches([Batch])
        /// Nothing came until the deadline.
        case quiet
        /// Nothing will come any more.
        case closed
    }

    private struct State: Sendable {
        var waiting: [Batch] = []
        /// When each of `waiting` was handed over, monotonic nanoseconds.
        var waitingSince: [Int64] = []
        /// The same of the oldest that the writer has in hand.
        var writingSince: Int64?
        var free: [Batch] = []
        /// Monotonic nanoseconds by which the writer must have ended; nil while it need not.
        var closingDeadline: Int64?
        /// Somebody wants the writer to look around.
        var isNudged = false
    }

    private let state = Monitor(State())
    private let highMark: Int
    private let lowMark: Int
    private let heldBytes = Atomic<Int>(0)
    private let heldMessages = Atomic<Int>(0)
    private let roomIsWanted = Atomic<Bool>(false)
    private let busySince = Atomic<Int64>(0)

    /// Empty batches kept for later, at most: what was needed only once, while the writer was behind, is given back.
    private static let freeLimit = 4

    init(highMark: Int, lowMark: Int) {
        self.highMark = highMark
        self.lowMark = lowMark
    }

    /// Heard but not committed, over all loops.
    var byteCount: Int { heldBytes.load(ordering: .relaxed) }
    var messageCount: Int { heldMessages.load(ordering: .relaxed) }

    /// More waits than the writer has in hand at a quiet pace.
    var isBacklogged: Bool { byteCount > lowMark / 8 }

    /// Monotonic nanoseconds since when the writer has had work and committed nothing; nil while it has none.
    var unansweredSince: Int64? {
        let since = busySince.load(ordering: .relaxed)
        return since == 0 ? nil : since
    }

    /// Monotonic nanoseconds at which the oldest batch that is not committed was handed over.
    var oldestSince: Int64? {
        state.withLock { $0.writingSince ?? $0.waitingSince.first }
    }

    // MARK: - Loops

    /// Counts what a loop has taken into its open batch since it last said so.
    func hold(bytes: Int, messages: Int) {
        heldBytes.wrappingAdd(bytes, ordering: .sequentiallyConsistent)
        heldMessages.wrappingAdd(messages, ordering: .relaxed)
    }

    /// Whether a loop may read on, given what it has not counted yet. Whoever hears no is woken when there is room.
    func hasRoom(besides bytes: Int) -> Bool {
        if heldBytes.load(ordering: .relaxed) + bytes <= highMark { return true }
        // First the wish, then a second look: so the writer either sees the wish or has made room before the look.
        roomIsWanted.store(true, ordering: .sequentiallyConsistent)
        return heldBytes.load(ordering: .sequentiallyConsistent) + bytes <= highMark
    }

    /// As `hasRoom`, for who does not want to be woken.
    func isBelowHighMark(besides bytes: Int) -> Bool { byteCount + bytes <= highMark }

    /// At or below the mark at which reading goes on.
    func isRelaxed(besides bytes: Int) -> Bool { byteCount + bytes <= lowMark }

    /// Hands a batch over, counted before by `hold`, and puts an empty one in its place.
    func submit(_ batch: inout Batch, at now: Int64) {
        state.change { state in
            if state.waiting.isEmpty, state.writingSince == nil { busySince.store(now, ordering: .relaxed) }
            state.waiting.append(batch)
            state.waitingSince.append(now)
            batch = state.free.popLast() ?? Batch()
        }
    }

    /// Makes the writer return from waiting for work, if only to find that there is none.
    func nudge() {
        state.change { $0.isNudged = true }
    }

    // MARK: - The writer

    /// What waits, oldest first, up to about so many bytes in the log; at least one batch.
    func take(atMost byteCount: Int, until deadline: Int64?) -> Work {
        state.wait(until: deadline) { state -> Work? in
            if !state.waiting.isEmpty { return .batches(Self.takeFirst(byteCount, from: &state)) }
            if state.closingDeadline != nil { return .closed }
            guard state.isNudged else { return nil }
            state.isNudged = false
            return .quiet
        } ?? .quiet
    }

    private static func takeFirst(_ byteCount: Int, from state: inout State) -> [Batch] {
        var sum = state.waiting[0].logByteCount
        var count = 1
        while count < state.waiting.count, sum + state.waiting[count].logByteCount <= byteCount {
            sum += state.waiting[count].logByteCount
            count += 1
        }
        state.writingSince = state.waitingSince.first
        let taken = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        state.waitingSince.removeFirst(count)
        return taken
    }

    /// Takes batches back that are done with. True if a loop is waiting for the room that this made.
    func retire(_ batches: inout [Batch], at now: Int64) -> Bool {
        var bytes = 0
        var messages = 0
        for index in batches.indices {
            bytes += batches[index].byteCount
            messages += batches[index].messages.count
            batches[index].clear()
        }
        state.withLock { state in
            state.writingSince = nil
            busySince.store(state.waiting.isEmpty ? 0 : now, ordering: .relaxed)
            state.free.append(contentsOf: batches.prefix(max(0, Self.freeLimit - state.free.count)))
        }
        batches.removeAll()
        heldMessages.wrappingSubtract(messages, ordering: .relaxed)
        let left = heldBytes.wrappingSubtract(bytes, ordering: .sequentiallyConsistent).newValue
        return left <= lowMark && roomIsWanted.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// The writer has committed what it has in hand, so it does not hang, and will `retire` it next.
    func answered(at now: Int64) {
        busySince.store(now, ordering: .relaxed)
    }

    /// Waits a while before another try; false once it is time to give up.
    func pause(until time: Int64) -> Bool {
        let deadline = state.wait(until: time) { $0.closingDeadline }
        guard let deadline else { return true }
        // Closing already: the wait above returned at once, so sleep in short steps on the same condition.
        let step = min(time, deadline, Clock.monotonic + 20_000_000)
        let _: Void? = state.wait(until: step) { _ in nil }
        return Clock.monotonic < deadline
    }

    /// The end has begun.
    var isClosing: Bool { state.withLock { $0.closingDeadline != nil } }

    /// No more batches after those that wait; the writer must end by the deadline.
    func close(by deadline: Int64) {
        state.change { $0.closingDeadline = deadline }
    }
}
