import AsyncChat
import Capture
import Relay

/// One of the loops beyond the first, on a thread of its own.
struct WorkerLoop: Sendable {
    private let shared: SharedParts
    private let index: Int
    private let listening: [SocketAddress]
    private let recorder: Recorder?
    private let numbers: SessionNumbers

    init(
        _ shared: SharedParts,
        index: Int,
        listening: [SocketAddress],
        recorder: Recorder?,
        numbers: SessionNumbers
    ) {
        self.shared = shared
        self.index = index
        self.listening = listening
        self.recorder = recorder
        self.numbers = numbers
    }

    /// Starts the thread, and returns once it listens.
    ///
    /// - Parameter whenDrained: called on that thread when its last session is over and what it heard handed over.
    func start(whenDrained: @escaping @Sendable () -> Void) throws(Refusal) -> LoopControls {
        let started = BlockingQueue<Result<LoopControls, SystemError>>()
        startThread(named: "loop-\(index)") {
            do throws(SystemError) {
                try run(started, whenDrained)
            } catch {
                started.push(.failure(error))
            }
        }
        switch started.pop() {
        case .success(let controls)?: return controls
        case .failure(let error)?: throw Refusal(.unavailable, "cannot start loop \(index): \(error)")
        case nil: throw Refusal(.unavailable, "cannot start loop \(index)")
        }
    }

    private func run(
        _ started: BlockingQueue<Result<LoopControls, SystemError>>,
        _ whenDrained: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let assembly = try LoopAssembly(shared, index: index)
        // A Unix socket cannot be shared: the first loop accepts for it alone.
        for (route, address) in listening.enumerated() where address.port != nil {
            _ = try assembly.relay.listen(route: route, on: address, joinsPort: true)
        }
        assembly.begin(recorder: recorder, numbers: numbers)
        let mailbox = assembly.loop.mailbox
        started.push(.success(assembly.controls { mailbox.submit { $0.stop() } }))
        // Without listeners of its own it still waits to be told to drain.
        assembly.loop.runUntilStopped()
        assembly.end()
        whenDrained()
    }
}
