public import Synchronization

/// A number that one thread writes and others may read: a counter or a gauge.
///
/// Relaxed loads and stores, never a locked instruction: adding costs what a plain integer costs. Public, as `Direction` is, so
/// that it does so in another module too.
public final class Tally: Sendable {
    @usableFromInline let value = Atomic<Int64>(0)

    /// Starts at 0.
    public init() {}

    /// Any thread.
    @inlinable
    public var current: Int64 { value.load(ordering: .relaxed) }

    /// The writing thread only.
    @inlinable
    public func add(_ amount: Int64) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// The writing thread only.
    @inlinable
    public func set(_ amount: Int64) {
        value.store(amount, ordering: .relaxed)
    }
}
