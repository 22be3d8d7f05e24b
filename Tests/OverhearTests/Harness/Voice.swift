import Synchronization

/// A client on a thread of its own, that says line after line and checks that each comes back, until it is told to stop or
/// nobody answers any more.
final class Voice: Sendable {
    private let isStopping = Atomic(false)
    private let thread = Mutex<Background<Int>?>(nil)

    init(at address: String, number: Int) {
        thread.withLock {
            $0 = Background { [self] in
                guard let wire = try? Wire(to: address) else { return 0 }
                var lines = 0
                while !isStopping.load(ordering: .acquiring) {
                    let length = lines.isMultiple(of: 50) ? 60_000 : Int.random(in: 10...3000)
                    let line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: length - 1) + [10]
                    guard (try? wire.send(line)) != nil, let answer = try? wire.receive(exactly: length) else {
                        return lines
                    }
                    guard answer == line else { throw Trouble("client \(number) got something else than it said") }
                    lines += 1
                }
                return lines
            }
        }
    }

    func stop() { isStopping.store(true, ordering: .releasing) }

    /// Waits for its end, and gives the number of lines that came back.
    func count() throws -> Int { try thread.withLock { $0 }?.wait() ?? 0 }
}
