/// Tells a load when to begin to count, and when to stop; and whoever else counts (the relay's processor time) with it.
struct Watch {
    /// How long to run before counting.
    let warmUp: Nanoseconds
    /// How long to count.
    let duration: Nanoseconds
    /// Called once when counting begins and once when it ends.
    let mark: () -> Void
    /// How long what is on its way may take to come back when all is over.
    var patience: Nanoseconds = 10_000_000_000
}
