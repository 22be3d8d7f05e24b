import Glibc

/// asyncore's loop and channel map: watches its channels, and calls each one that the kernel has news of.
///
/// A loop, its channels and its timers belong to one thread: they are made, run and released there. The one door for
/// other threads is `mailbox`. One pass is a *turn*: tell the kernel what changed in what the channels wait for, wait,
/// serve what is ready, run the timers that are due, run what came by the mailbox.
///
/// Every callback may close its channel or any other, open new ones and push to any: after each, the loop looks whether
/// the channel it is about to serve is still the one that was ready. New channels get their first event next turn.
public final class EventLoop {
    /// The monotonic clock as it stood when this turn's events were taken; for durations and timers.
    public private(set) var now: LoopInstant
    /// Nanoseconds since 1970 as they stood when this turn's events were taken; for the record.
    public private(set) var realTimeNanoseconds: Int64
    /// How many turns this loop has made.
    public private(set) var turns: Int64 = 0
    /// How many channels are open on this loop.
    public private(set) var channelCount = 0
    /// Hands work to this loop from other threads.
    public let mailbox: LoopMailbox
    /// Is told what a channel could not deal with itself: what asyncore prints in `handle_error`. Default: one line on
    /// stderr.
    public var reportError: (Dispatcher, any Error) -> Void = { channel, error in
        let line = Array("\(channel): \(error)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    /// The one buffer that every channel of this loop receives into.
    let readBuffer = ReadBuffer()

    private let clock: any LoopClock
    private var poller: any Poller
    private var slots: ContiguousArray<Slot> = []
    private var undecided: ContiguousArray<CInt> = []
    private var ready: ContiguousArray<ReadyDescriptor> = []
    private var timers = TimerQueue()
    private var turnEndActions: [() -> Void] = []
    private var callbacks: [UInt64: (any Sendable) -> Void] = [:]
    private var lastCallback: UInt64 = 0
    private var isStopping = false
    private var isTurning = false

    /// A place in the channel map, by descriptor.
    private struct Slot {
        var channel: Dispatcher?
        /// Counts the channels that have had this descriptor number, so that news of one never reaches the next.
        var generation: UInt32 = 0
        /// What the kernel was last told.
        var interest: Interest = []
        /// Is it in `undecided`?
        var isUndecided = false
    }

    /// The token of the mailbox's descriptor, which is no channel.
    private static let mailboxToken = UInt64.max

    /// Makes a loop without channels.
    ///
    /// - Parameters:
    ///   - clock: what the loop's time is read from.
    ///   - backend: how it asks the kernel what is ready.
    public init(clock: any LoopClock = SystemClock(), backend: PollingBackend = .epoll) throws(SystemError) {
        self.clock = clock
        now = clock.monotonic()
        realTimeNanoseconds = clock.realTimeNanoseconds()
        mailbox = try LoopMailbox()
        poller = try backend.makePoller()
        try poller.setInterest(.read, replacing: [], of: mailbox.descriptor, token: Self.mailboxToken)
    }

    deinit { mailbox.close() }

    // MARK: - Running

    /// Makes turns until the last channel is closed, `stop()` is called, or `count` turns are made (asyncore's `loop`).
    ///
    /// - Parameters:
    ///   - turnTimeout: the longest one turn waits when nothing happens.
    ///   - count: how many turns to make at most; nil for no bound. A turn that times out counts.
    public func run(turnTimeout: Duration = .seconds(30), count: Int? = nil) {
        isStopping = false
        var left = count ?? .max
        while channelCount > 0, !isStopping, left > 0 {
            turn(timeout: turnTimeout)
            left -= 1
        }
    }

    /// Makes turns until `stop()` is called, with or without channels; each waits at most `turnTimeout`.
    public func runUntilStopped(turnTimeout: Duration = .seconds(30)) {
        isStopping = false
        while !isStopping { turn(timeout: turnTimeout) }
    }

    /// Makes `run` return after the current turn.
    public func stop() {
        isStopping = true
    }

    /// One turn: waits at most `timeout`, or until the next timer is due.
    public func turn(timeout: Duration) {
        precondition(!isTurning, "a loop cannot be run from inside one of its own callbacks")
        isTurning = true
        defer { isTurning = false }
        tellInterest()
        ready.removeAll(keepingCapacity: true)
        do {
            try poller.wait(timeoutMilliseconds: waitMilliseconds(atMost: timeout), into: &ready)
        } catch {
            preconditionFailure("the kernel refuses to wait on our own descriptors: \(error)")
        }
        turns &+= 1
        readClocks()
        for index in ready.indices { serve(ready[index]) }
        // What an action schedules for now is due next turn: a timer that renews itself cannot hold up the loop.
        let newest = timers.newest
        while let action = timers.popDue(at: now, upTo: newest) { action() }
        for action in turnEndActions { action() }
    }

    /// Has `action` called at the end of every turn, after its events and timers.
    public func atTurnEnd(_ action: @escaping () -> Void) {
        turnEndActions.append(action)
    }

    /// Closes every channel and forgets every timer, callback and turn-end action (asyncore's `close_all`).
    public func closeAll() {
        for slot in slots { slot.channel?.close() }
        // What the actions hold is let go only now, when nothing is being changed: its deinit may call this loop.
        let forgotten = (timers, turnEndActions, callbacks)
        timers = TimerQueue(after: timers.newest)
        turnEndActions = []
        callbacks = [:]
        withExtendedLifetime(forgotten) {}
    }

    /// The open channels, in the order of their descriptors.
    public var channels: [Dispatcher] { slots.compactMap(\.channel) }

    // MARK: - Answers from other threads

    /// Makes a function that any thread may call and that does `action` on this loop's thread.
    ///
    /// It may be called once, or any number of times if it `repeats`; in that case the loop keeps it to its end. This is
    /// how an answer finds its way back to objects that must not leave the loop.
    public func callback<Value: Sendable>(
        repeats: Bool = false,
        _ action: @escaping (Value) -> Void
    ) -> @Sendable (Value) -> Void {
        lastCallback += 1
        let number = lastCallback
        callbacks[number] = { value in
            if let value = value as? Value { action(value) }
        }
        let mailbox = mailbox
        return { value in
            mailbox.submit { loop in
                let action = repeats ? loop.callbacks[number] : loop.callbacks.removeValue(forKey: number)
                action?(value)
            }
        }
    }

    /// The same for an answer that says nothing but that it is there.
    public func callback(repeats: Bool = false, _ action: @escaping () -> Void) -> @Sendable () -> Void {
        let answer = callback(repeats: repeats) { (_: Bool) in action() }
        return { answer(true) }
    }

    // MARK: - Timers

    /// Has `action` called once, `delay` after this turn began; outside a turn, after now.
    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping () -> Void) -> TimerID {
        let start = isTurning ? now : clock.monotonic()
        return timers.schedule(at: start + max(.zero, delay), action)
    }

    /// Forgets a scheduled action; nothing happens if it has run already.
    public func cancel(_ timer: TimerID) {
        // The action is let go after the queue was changed: what it held may cancel timers in its deinit.
        _ = timers.cancel(timer)
    }

    // MARK: - The channel map

    /// Enters a channel into the map; returns the generation that its registration bears.
    func register(_ channel: Dispatcher, descriptor: CInt) -> UInt32 {
        let index = Int(descriptor)
        while slots.count <= index { slots.append(Slot()) }
        precondition(slots[index].channel == nil, "descriptor \(descriptor) is registered already")
        slots[index].channel = channel
        slots[index].generation &+= 1
        slots[index].interest = []
        channelCount += 1
        interestMayHaveChanged(descriptor)
        return slots[index].generation
    }

    /// Takes a channel out of the map, while its descriptor is still open: closing alone would not make epoll forget what
    /// somebody else has duplicated (epoll(7), Q6).
    func unregister(descriptor: CInt) {
        let index = Int(descriptor)
        slots[index].channel = nil
        channelCount -= 1
        let interest = slots[index].interest
        guard !interest.isEmpty else { return }
        slots[index].interest = []
        // It can fail only where there is nothing to forget.
        try? poller.setInterest([], replacing: interest, of: descriptor, token: 0)
    }

    /// The channel is asked anew what it waits for before the loop waits next.
    func interestMayHaveChanged(_ descriptor: CInt) {
        let index = Int(descriptor)
        guard !slots[index].isUndecided else { return }
        slots[index].isUndecided = true
        undecided.append(descriptor)
    }

    /// Tells the kernel, once per turn, what changed in what the channels wait for.
    ///
    /// A predicate or an error hook may make further channels undecided: they are dealt with next turn, which then does not
    /// wait. So no predicate can hold up the loop.
    private func tellInterest() {
        let count = undecided.count
        for position in 0..<count {
            tellInterest(of: undecided[position])
        }
        undecided.removeFirst(count)
    }

    private func tellInterest(of descriptor: CInt) {
        let index = Int(descriptor)
        slots[index].isUndecided = false
        guard let channel = slots[index].channel else { return }
        let generation = slots[index].generation
        let wanted = channel.interest
        let old = slots[index].interest
        // The predicates may have closed the channel, and another may have its descriptor.
        guard wanted != old, slots[index].channel === channel, slots[index].generation == generation else { return }
        do {
            let token = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
            try poller.setInterest(wanted, replacing: old, of: descriptor, token: token)
            slots[index].interest = wanted
        } catch {
            channel.fail(with: error)
        }
    }

    private func serve(_ event: ReadyDescriptor) {
        guard event.token != Self.mailboxToken else {
            for work in mailbox.takeAll() { work(self) }
            return
        }
        let index = Int(truncatingIfNeeded: event.token & 0xFFFF_FFFF)
        guard slots[index].generation == UInt32(truncatingIfNeeded: event.token >> 32),
            let channel = slots[index].channel
        else { return }
        channel.serve(event.readiness, watchedFor: slots[index].interest)
    }

    // MARK: - Time

    /// How long this turn has been at work, by a fresh look at the clock.
    package var nanosecondsInTurn: Int64 { clock.monotonic().nanoseconds - now.nanoseconds }

    private func readClocks() {
        now = clock.monotonic()
        realTimeNanoseconds = clock.realTimeNanoseconds()
    }

    /// How long to wait in the kernel's unit, rounded up: a timer is never early, and a short wait never a busy one.
    private func waitMilliseconds(atMost timeout: Duration) -> CInt {
        guard undecided.isEmpty else { return 0 }
        var wait = timeout
        if let deadline = timers.nextDeadline() {
            wait = min(wait, max(.zero, deadline - clock.monotonic()))
        }
        let (milliseconds, rest) = wait.wholeNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return CInt(clamping: max(0, milliseconds + (rest > 0 ? 1 : 0)))
    }
}
