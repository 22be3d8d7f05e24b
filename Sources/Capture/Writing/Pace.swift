import Glibc

/// How long the writer works in one go: where it shares a core with a loop, bytes wait meanwhile.
///
/// The kernel lets a thread that works go on for a millisecond and more, though one that only relays a message is woken
/// beside it. So the writer offers its core every tenth of a millisecond, unless it is behind: then it takes its share. Who
/// has a core to itself loses nothing by offering it (sched_yield(2)). Where others then keep it for milliseconds, they have
/// more to do than it can: what they relay waits anyway, and to change places all the time costs a hundredth of the rate. So
/// nothing is offered for a while. Confined to the writer's thread.
final class Pace {
    private let isBehind: () -> Bool
    private let clock: () -> Int64
    private let yield: () -> Void
    /// Monotonic nanoseconds.
    private var workingSince: Int64
    /// Likewise; before it nothing is offered.
    private var offersFrom: Int64 = 0

    static let stretchNanoseconds: Int64 = 100_000
    /// A core is full if others keep it for so long.
    static let fullNanoseconds: Int64 = 2_000_000
    static let restNanoseconds: Int64 = 100_000_000

    /// - Parameters:
    ///   - isBehind: more waits to be written than two or three commits make.
    ///   - clock: monotonic nanoseconds.
    ///   - yield: lets others run on this core.
    init(
        isBehind: @escaping () -> Bool,
        clock: @escaping () -> Int64 = { Clock.monotonic },
        yield: @escaping () -> Void = { sched_yield() }
    ) {
        self.isBehind = isBehind
        self.clock = clock
        self.yield = yield
        workingSince = clock()
    }

    /// To be called between two statements.
    func breathe() {
        let now = clock()
        guard now - workingSince >= Self.stretchNanoseconds, now >= offersFrom else { return }
        workingSince = now
        guard !isBehind() else { return }
        yield()
        workingSince = clock()
        if workingSince - now >= Self.fullNanoseconds { offersFrom = workingSince + Self.restNanoseconds }
    }
}
