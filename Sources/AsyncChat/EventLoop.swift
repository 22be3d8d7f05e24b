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
    public var now: LoopInstant { turning.now }
    /// Nanoseconds since 1970 as they stood when this turn's events were taken; for the record.
    public var realTimeNanoseconds: Int64 { turning.realTimeNanoseconds }
    /// How many turns this loop has made.
    public var turns: Int64 { turning.turns }
    /// How often all that was ready has been served: where that is more than a turn takes, it takes several turns.
    var rounds: Int64 { turning.rounds }
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

    private let clock: any LoopClock
    private let poller: any Poller
    /// The number of the latest registration.
    private var registrations: UInt32 = 0
    /// In memory of its own: changed by way of a pointer, a list is not checked against looks from inside the change, as it
    /// would be in a class's variable. Safe: only this file has it, for as long as the loop lives, and a change ends before
    /// anything else is called. The checks were a fifth of the instructions of relaying a connection.
    private let lists: UnsafeMutablePointer<Lists>
    private var timers = TimerQueue()
    private var turnEndActions: [() -> Void] = []
    private var callbacks: [UInt64: (any Sendable) -> Void] = [:]
    private var lastCallback: UInt64 = 0
    private var isStopping = false
    private var isTurning = false
    private var turning: Turning
    private var readBuffer = ReadBuffer()

    private struct Lists {
        /// The channel map, by descriptor: it holds each channel once, from `register` to `unregister`.
        var map: ContiguousArray<Unmanaged<Dispatcher>?> = []
        /// Channels that left the map in this turn are held until its events are served. So whoever is served lives as long as
        /// that takes, and need not be retained and released for each event, with locked instructions.
        var departed: ContiguousArray<Dispatcher> = []
        /// Descriptors of channels that are to be asked what they wait for.
        var undecided: ContiguousArray<CInt> = []
        /// Empty but for its memory, which a turn borrows.
        var ready: ContiguousArray<ReadyDescriptor> = []
        /// What is to follow the event that is being served.
        var following: ContiguousArray<() -> Void> = []
    }

    /// Plain values that every event looks at: private, so that looking costs no check.
    private struct Turning {
        var now: LoopInstant
        var realTimeNanoseconds: Int64
        var turns: Int64 = 0
        var rounds: Int64 = 0
        /// Some channel is to be asked what it waits for.
        var hasUndecided = false
        /// The token of the event that is being served; the mailbox's where there is none.
        var serving = EventLoop.mailboxToken
        /// Something is to follow it.
        var hasFollowing = false
        /// When the next timer is due; the end of the clock where there is none.
        var nextTimer = LoopInstant(nanoseconds: .max)
    }

    /// The memory that every channel of this loop receives into, one after the other. Grows to the largest need and stays: a
    /// channel keeps nothing here between its read events. Here and plain, because looking at it costs no check then.
    private struct ReadBuffer {
        var memory: UnsafeMutableRawPointer?
        var byteCount = 0
        var isLent = false
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
        turning = Turning(now: clock.monotonic(), realTimeNanoseconds: clock.realTimeNanoseconds())
        mailbox = try LoopMailbox()
        poller = try backend.makePoller()
        lists = .allocate(capacity: 1)
        lists.initialize(to: Lists())
        try poller.setInterest(.read, replacing: [], of: mailbox.descriptor, token: Self.mailboxToken)
    }

    deinit {
        mailbox.close()
        readBuffer.memory?.deallocate()
        lists.deinitialize(count: 1)
        lists.deallocate()
    }

    // MARK: - Running

    /// Makes turns until the last channel is closed, `stop()` is called, or `count` turns are made (asyncore's `loop`).
    ///
    /// - Parameters:
    ///   - turnTimeout: the longest one turn waits when nothing happens.
    ///   - count: how many turns to make at most; nil for no bound. A turn that times out counts.
    public func run(turnTimeout: Duration = .seconds(30), count: Int? = nil) {
        isStopping = false
        var left = count ?? .max
        let nanoseconds = turnTimeout.wholeNanoseconds
        while channelCount > 0, !isStopping, left > 0 {
            turn(atMost: nanoseconds)
            left -= 1
        }
    }

    /// Makes turns until `stop()` is called, with or without channels; each waits at most `turnTimeout`.
    public func runUntilStopped(turnTimeout: Duration = .seconds(30)) {
        isStopping = false
        let nanoseconds = turnTimeout.wholeNanoseconds
        while !isStopping { turn(atMost: nanoseconds) }
    }

    /// Makes `run` return after the current turn.
    public func stop() {
        isStopping = true
    }

    /// One turn: waits at most `timeout`, or until the next timer is due.
    public func turn(timeout: Duration) {
        turn(atMost: timeout.wholeNanoseconds)
    }

    private func turn(atMost nanoseconds: Int64) {
        precondition(!isTurning, "a loop cannot be run from inside one of its own callbacks")
        isTurning = true
        defer { isTurning = false }
        tellInterest()
        var ready: ContiguousArray<ReadyDescriptor> = []
        swap(&ready, &lists.pointee.ready)
        do {
            try poller.wait(timeoutMilliseconds: waitMilliseconds(atMost: nanoseconds), into: &ready)
        } catch {
            preconditionFailure("the kernel refuses to wait on our own descriptors: \(error)")
        }
        turning.turns &+= 1
        if ready.count < poller.batchCount { turning.rounds &+= 1 }
        turning.now = clock.monotonic()
        turning.realTimeNanoseconds = clock.realTimeNanoseconds()
        for index in ready.indices { serve(ready[index]) }
        turning.serving = Self.mailboxToken
        ready.removeAll(keepingCapacity: true)
        swap(&ready, &lists.pointee.ready)
        // What an action schedules for now is due next turn: a timer that renews itself cannot hold up the loop.
        if turning.nextTimer <= now {
            let newest = timers.newest
            while let action = timers.popDue(at: now, upTo: newest) { action() }
            noteNextTimer()
        }
        // Nobody is being served any more. What the actions close leaves after them.
        letGoOfDeparted()
        for action in turnEndActions { action() }
        letGoOfDeparted()
    }

    /// Has `action` called at the end of every turn, after its events and timers.
    public func atTurnEnd(_ action: @escaping () -> Void) {
        turnEndActions.append(action)
    }

    /// Has `action` called once the event that is being served has been told in full; at once where none is.
    public func afterEvent(_ action: @escaping () -> Void) {
        guard turning.serving != Self.mailboxToken else { return action() }
        turning.hasFollowing = true
        lists.pointee.following.append(action)
    }

    /// Is an event of this channel being served?
    func isServing(_ channel: Dispatcher) -> Bool { turning.serving == channel.token }

    /// Closes every channel and forgets every timer, callback and turn-end action (asyncore's `close_all`).
    public func closeAll() {
        for channel in channels { channel.close() }
        // What the actions hold is let go only now, when nothing is being changed: its deinit may call this loop.
        let forgotten = (timers, turnEndActions, callbacks)
        timers = TimerQueue(after: timers.newest)
        noteNextTimer()
        turnEndActions = []
        callbacks = [:]
        withExtendedLifetime(forgotten) {}
    }

    /// The open channels, in the order of their descriptors.
    public var channels: [Dispatcher] { lists.pointee.map.compactMap { $0?.takeUnretainedValue() } }

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
        let deadline = (isTurning ? now : clock.monotonic()) + max(.zero, delay)
        turning.nextTimer = min(turning.nextTimer, deadline)
        return timers.schedule(at: deadline, action)
    }

    /// Forgets a scheduled action; nothing happens if it has run already.
    public func cancel(_ timer: TimerID) {
        // The action is let go after the queue was changed: what it held may cancel timers in its deinit.
        let action = timers.cancel(timer)
        noteNextTimer()
        withExtendedLifetime(action) {}
    }

    private func noteNextTimer() {
        turning.nextTimer = timers.nextDeadline() ?? LoopInstant(nanoseconds: .max)
    }

    // MARK: - The channel map

    /// Enters a channel into the map; returns the number of its registration.
    func register(_ channel: Dispatcher) -> UInt32 {
        let index = Int(channel.descriptor)
        while lists.pointee.map.count <= index { lists.pointee.map.append(nil) }
        precondition(lists.pointee.map[index] == nil, "descriptor \(channel.descriptor) is registered already")
        lists.pointee.map[index] = .passRetained(channel)
        channelCount += 1
        // 0 is what a channel without a descriptor has.
        registrations = registrations == .max ? 1 : registrations + 1
        return registrations
    }

    /// Takes a channel out of the map, while its descriptor is still open: closing alone would not make epoll forget what
    /// somebody else has duplicated (epoll(7), Q6).
    func unregister(_ channel: Dispatcher, watchedFor interest: Interest) {
        let held = lists.pointee.map[Int(channel.descriptor)].take()?.takeRetainedValue()
        if isTurning, let held { lists.pointee.departed.append(held) }
        channelCount -= 1
        guard !interest.isEmpty else { return }
        if channel.isSoleOwner { return poller.forgetClosing(channel.descriptor) }
        // It can fail only where there is nothing to forget.
        try? poller.setInterest([], replacing: interest, of: channel.descriptor, token: 0)
    }

    /// Their deinits may make further channels leave.
    private func letGoOfDeparted() {
        while !lists.pointee.departed.isEmpty {
            var leaving: ContiguousArray<Dispatcher> = []
            swap(&leaving, &lists.pointee.departed)
            leaving.removeAll(keepingCapacity: true)
            if lists.pointee.departed.isEmpty { swap(&leaving, &lists.pointee.departed) }
        }
    }

    /// The channel with this descriptor is asked anew what it waits for before the loop waits next.
    func isUndecided(_ descriptor: CInt) {
        turning.hasUndecided = true
        lists.pointee.undecided.append(descriptor)
    }

    /// Tells the kernel, once per turn, what changed in what the channels wait for.
    ///
    /// A predicate or an error hook may make further channels undecided: they are dealt with next turn, which then does not
    /// wait. So no predicate can hold up the loop.
    private func tellInterest() {
        guard turning.hasUndecided else { return }
        turning.hasUndecided = false
        var deciding: ContiguousArray<CInt> = []
        swap(&deciding, &lists.pointee.undecided)
        tellInterest(of: deciding)
        deciding.removeAll(keepingCapacity: true)
        if lists.pointee.undecided.isEmpty { swap(&deciding, &lists.pointee.undecided) }
    }

    private func tellInterest(of descriptors: ContiguousArray<CInt>) {
        for descriptor in descriptors {
            guard let channel = lists.pointee.map[Int(descriptor)]?.takeUnretainedValue(),
                let (old, new) = channel.decide()
            else { continue }
            do {
                try poller.setInterest(new, replacing: old, of: descriptor, token: channel.token)
                channel.isWatched(for: new)
            } catch {
                channel.fail(with: error)
            }
        }
    }

    @inline(__always)
    private func serve(_ event: ReadyDescriptor) {
        turning.serving = event.token
        guard event.token != Self.mailboxToken else {
            for work in mailbox.takeAll() { work(self) }
            return
        }
        let registration = UInt32(truncatingIfNeeded: event.token >> 32)
        if let entry = lists.pointee.map[Int(truncatingIfNeeded: event.token & 0xFFFF_FFFF)] {
            // Borrowed: the map's reference, or that of `departed` if the channel leaves meanwhile, outlasts the event, for this
            // is a turn. So the retain and the release here cancel each other out.
            let channel = entry.takeRetainedValue()
            if channel.isRegistered(as: registration) { channel.serve(event.readiness) }
            _ = Unmanaged.passRetained(consume channel)
        }
        if turning.hasFollowing { follow() }
    }

    private func follow() {
        // The event is over: nothing more comes to follow it.
        turning.serving = Self.mailboxToken
        turning.hasFollowing = false
        var actions: ContiguousArray<() -> Void> = []
        swap(&actions, &lists.pointee.following)
        for action in actions { action() }
        actions.removeAll(keepingCapacity: true)
        swap(&actions, &lists.pointee.following)
    }

    // MARK: - The read buffer

    /// Lends at least `byteCount` bytes. Until they are given back nobody else may borrow: a channel's callback that made
    /// another channel read would destroy what is being scanned.
    @inline(__always)
    func lendReadBuffer(byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(!readBuffer.isLent, "a channel cannot be made to read from inside another's read event")
        readBuffer.isLent = true
        if let memory = readBuffer.memory, readBuffer.byteCount >= byteCount { return memory }
        return growReadBuffer(to: byteCount)
    }

    func giveBackReadBuffer() {
        readBuffer.isLent = false
    }

    private func growReadBuffer(to byteCount: Int) -> UnsafeMutableRawPointer {
        readBuffer.memory?.deallocate()
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        readBuffer.memory = memory
        readBuffer.byteCount = byteCount
        return memory
    }

    // MARK: - Time

    /// How long this turn has been at work, by a fresh look at the clock.
    package var nanosecondsInTurn: Int64 { clock.monotonic().nanoseconds - now.nanoseconds }

    /// How long to wait in the kernel's unit, rounded up: a timer is never early, and a short wait never a busy one.
    private func waitMilliseconds(atMost nanoseconds: Int64) -> CInt {
        if turning.hasUndecided { return 0 }
        var wait = nanoseconds
        if turning.nextTimer.nanoseconds < .max {
            wait = min(wait, max(0, turning.nextTimer.nanoseconds - clock.monotonic().nanoseconds))
        }
        let (milliseconds, rest) = wait.quotientAndRemainder(dividingBy: 1_000_000)
        return CInt(clamping: max(0, milliseconds + (rest > 0 ? 1 : 0)))
    }
}
