import Synchronization
import Traffic

/// Where the loops hang out what the status page shows, once a second and only while somebody looks.
///
/// One slot for each loop. A slot's lock is held to swap a value, never across a call out.
package final class StatusBoard: Sendable {
    /// One loop's place.
    final class Slot: Sendable {
        private let view = Mutex(StatusView())
        /// For how many seconds somebody may still be looking.
        private let interest = Atomic<Int>(0)

        var latest: StatusView { view.withLock { $0 } }

        func asked() {
            interest.store(StatusBoard.secondsOfInterest, ordering: .relaxed)
        }

        /// The loop asks once a second: does anybody look?
        func isWatched() -> Bool {
            let left = interest.load(ordering: .relaxed)
            if left > 0 { interest.store(left - 1, ordering: .relaxed) }
            return left > 0
        }

        func hangOut(_ new: StatusView) {
            view.withLock { $0 = new }
        }
    }

    private static let secondsOfInterest = 10

    let slots: [Slot]

    package init(loops: Int) {
        slots = (0..<loops).map { _ in Slot() }
    }

    /// What every loop hung out last; and from now on, for a while, they do so every second.
    func look() -> [StatusView] {
        for slot in slots { slot.asked() }
        return slots.map(\.latest)
    }
}

/// What one loop shows.
struct StatusView: Sendable {
    var sessions = LiveSessions()
    /// The first messages of the last second, the oldest first.
    var messages: [StatusMessage] = []
}
