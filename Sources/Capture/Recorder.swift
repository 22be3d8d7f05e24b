import Glibc
import Traffic

/// Remembers everything the loops hear, in SQLite: owns the writer's thread and makes a tap for each loop.
package final class Recorder: Sendable {
    private let commons: RecorderCommons
    private let thread: WriterThread

    /// For the first session of this run: one more than the largest in the file.
    package let firstSessionID: Int64

    /// Starts the writer's thread, and returns once the file is open, its schema ours and this run's row written.
    ///
    /// - Parameter notify: is called on the writer's thread, or on a loop's that finds the writer hanging.
    package static func start(
        _ configuration: CaptureConfiguration,
        notify: @escaping @Sendable (RecorderEvent) -> Void
    ) throws(CaptureError) -> Recorder {
        let commons = RecorderCommons(configuration, notify: notify)
        let thread = WriterThread()
        return Recorder(commons, thread, firstSessionID: try thread.start(commons).get())
    }

    private init(_ commons: RecorderCommons, _ thread: WriterThread, firstSessionID: Int64) {
        self.commons = commons
        self.thread = thread
        self.firstSessionID = firstSessionID
    }

    /// One for each loop, to be used on its thread only.
    ///
    /// - Parameter wake: must make the loop do a turn, soon and from any thread: there is room again, or recording
    ///   stopped or goes on.
    package func makeTap(wake: @escaping @Sendable () -> Void) -> RecorderTap {
        RecorderTap(commons, wake: wake)
    }

    /// Any thread. The one reading that costs nothing: the others look at the files too.
    package var state: RecorderReadings.State { commons.state.reading }

    /// Any thread; never waits for the writer.
    package func readings() -> RecorderReadings {
        RecorderReadings(commons)
    }

    /// Writes what was handed over, ends the run, empties the write-ahead log unless a reader needs it, and closes. The
    /// taps must have been flushed before, on their loops.
    ///
    /// - Returns: false if that could not be done in time: the run will then be found unclean. Never waits longer.
    package func finish(deadline: Duration) -> Bool {
        let end = Clock.monotonic + deadline.wholeNanoseconds
        commons.handOff.close(by: end)
        return thread.join(by: end)
    }
}

/// The thread on which the writer lives, from its making to its end.
final class WriterThread: Sendable {
    private struct State: Sendable {
        var start: Result<Int64, CaptureError>?
        /// Whether everything was written, once it has ended.
        var outcome: Bool?
    }

    private let state = Monitor(State())

    /// Waits until the writer is ready for work, or has refused it: then the thread has ended.
    func start(_ commons: RecorderCommons) -> Result<Int64, CaptureError> {
        let body = Unmanaged.passRetained(Body { self.run(commons) })
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            let reason = String(cString: strerror(code))
            return .failure(CaptureError(.inputOutput, "cannot start the writer's thread: \(reason): free some memory"))
        }
        pthread_detach(thread)
        return state.wait(until: nil) { $0.start } ?? .success(0)
    }

    /// Whether the writer has ended in time, with everything written.
    func join(by deadline: Int64) -> Bool {
        state.wait(until: deadline) { $0.outcome } ?? false
    }

    private func run(_ commons: RecorderCommons) {
        do throws(CaptureError) {
            let outcome = try work(commons)
            state.change { $0.outcome = outcome }
        } catch {
            state.change { $0.start = .failure(error) }
        }
    }

    /// The connection lives and dies in here.
    private func work(_ commons: RecorderCommons) throws(CaptureError) -> Bool {
        var writer = try Writer.start(commons)
        let firstSessionID = writer.firstSessionID
        state.change { $0.start = .success(firstSessionID) }
        return writer.work()
    }

    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }
}

extension RecorderReadings {
    fileprivate init(_ commons: RecorderCommons) {
        let gauges = commons.gauges
        let taps = commons.tapGauges
        let paths = CapturePaths(database: commons.configuration.databasePath)
        let lastCommit = gauges.lastCommit.current
        state = commons.state.reading
        queuedMessages = commons.handOff.messageCount
        queuedBytes = commons.handOff.byteCount
        bufferByteCount = commons.configuration.bufferByteCount
        lag = Self.lag(commons, taps)
        rows = Rows(
            sessions: gauges.sessions.current,
            messages: gauges.messages.current,
            channelSamples: gauges.channelSamples.current,
            gaps: gauges.gaps.current
        )
        unrecorded = Self.unrecorded(gauges, taps)
        commitDurations = gauges.commitDurations
        self.lastCommit = lastCommit == 0 ? nil : Timestamp(nanosecondsSince1970: lastCommit)
        let pruned = gauges.pruned
        self.pruned = Rows(
            sessions: pruned.sessions.current,
            messages: pruned.messages.current,
            channelSamples: pruned.channelSamples.current,
            gaps: pruned.gaps.current
        )
        let oldest = gauges.oldestMessage.current
        oldestMessage = oldest == 0 ? nil : Timestamp(nanosecondsSince1970: oldest)
        freeBytes = gauges.freeBytes.current
        databaseLimit = commons.configuration.retention.byteCount
        databaseBytes = CapturePaths.look(at: paths.database)?.byteCount ?? 0
        walBytes = CapturePaths.look(at: paths.log)?.byteCount ?? 0
        availableBytes = Filesystem.look(at: paths.database)?.availableByteCount
        reserveBytes = commons.configuration.reserveByteCount
        checkpointsComplete = gauges.checkpointsComplete.current
        checkpointsIncomplete = gauges.checkpointsIncomplete.current
    }

    private static func lag(_ commons: RecorderCommons, _ taps: [TapGauges]) -> Duration {
        let open = taps.map(\.openSince.current).filter { $0 != 0 }
        guard let oldest = (open + [commons.handOff.oldestSince].compactMap(\.self)).min() else { return .zero }
        return .nanoseconds(max(0, Clock.monotonic - oldest))
    }

    private static func unrecorded(_ gauges: WriterGauges, _ taps: [TapGauges]) -> [GapReason: Unrecorded] {
        var sums: [GapReason: Unrecorded] = [:]
        for reason in GapReason.allCases where reason != .unclean {
            var sum = Unrecorded()
            for gauge in taps.map({ $0.loss(reason) }) + (reason == .error ? [gauges.refused] : []) {
                sum.messages += gauge.messages.current
                sum.bytes += gauge.bytes.current
            }
            sums[reason] = sum
        }
        return sums
    }
}
