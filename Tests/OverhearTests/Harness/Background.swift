import AsyncChat
import Foundation

/// Work on a thread of its own, whose result somebody waits for.
final class Background<Value: Sendable>: Sendable {
    private let result = Locked<Result<Value, any Error>?>(nil)

    init(_ work: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [self] in
            let outcome = Result { try work() }
            result.withLock { $0 = outcome }
        }
        thread.start()
    }

    var isDone: Bool { result.withLock { $0 != nil } }

    @discardableResult
    func wait(within seconds: Double = 60) throws -> Value {
        try eventually(within: seconds, "a thread of the test ends") { isDone }
        return try result.withLock { try $0!.get() }
    }
}
