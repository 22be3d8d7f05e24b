import Synchronization
import Traffic

/// One message of the record for each bucket of a histogram: the way from a spike to a row.
///
/// Renewed at most once a second and bucket, so that a message costs one look at the time of the one before. Written on
/// one thread, read on any: what is read while it is being written is not believed.
package final class Exemplars: Sendable {
    private struct Slot: ~Copyable, Sendable {
        /// Odd while the others are being written.
        let version = Atomic<UInt64>(0)
        let value = Atomic<Int64>(0)
        let session = Atomic<Int64>(0)
        let sequence = Atomic<Int64>(0)
        let at = Atomic<Int64>(.min)
    }

    private static let intervalNanoseconds: Int64 = 1_000_000_000

    private let slots: InlineArray<21, Slot>

    init() {
        slots = InlineArray { _ in Slot() }
    }

    /// The writing thread only.
    func note(_ bucket: Int, value: Int64, _ session: SessionID, _ sequence: Int64, at: Timestamp) {
        // Real time may step back; then it is renewed more often, which does no harm.
        let now = at.nanosecondsSince1970
        let last = slots[bucket].at.load(ordering: .relaxed)
        guard last == .min || now &- last >= Self.intervalNanoseconds || now < last else { return }
        let version = slots[bucket].version.load(ordering: .relaxed)
        slots[bucket].version.store(version &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        slots[bucket].value.store(value, ordering: .relaxed)
        slots[bucket].session.store(session.rawValue, ordering: .relaxed)
        slots[bucket].sequence.store(sequence, ordering: .relaxed)
        slots[bucket].at.store(now, ordering: .relaxed)
        slots[bucket].version.store(version &+ 2, ordering: .releasing)
    }

    /// Any thread; nil where there is none yet, or just now it is being renewed.
    func exemplar(of bucket: Int) -> Exemplar? {
        let version = slots[bucket].version.load(ordering: .acquiring)
        let exemplar = Exemplar(
            value: slots[bucket].value.load(ordering: .relaxed),
            session: slots[bucket].session.load(ordering: .relaxed),
            sequence: slots[bucket].sequence.load(ordering: .relaxed),
            at: slots[bucket].at.load(ordering: .relaxed)
        )
        atomicMemoryFence(ordering: .acquiring)
        guard version > 0, version % 2 == 0, slots[bucket].version.load(ordering: .relaxed) == version else {
            return nil
        }
        return exemplar
    }
}

/// A message that fell into a bucket.
package struct Exemplar: Equatable, Sendable {
    /// In the histogram's small units.
    package var value: Int64
    package var session: Int64
    package var sequence: Int64
    /// Nanoseconds since 1970.
    package var at: Int64
}
