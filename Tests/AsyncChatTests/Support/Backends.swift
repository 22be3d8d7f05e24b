import Testing

@testable import AsyncChat

/// Runs each test of a suite, or one test, once with every polling backend.
struct EveryBackend: SuiteTrait, TestTrait, TestScoping {
    /// What `makeLoop` makes loops with.
    @TaskLocal static var current = PollingBackend.epoll

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable () async throws -> Void
    ) async throws {
        for backend in PollingBackend.allCases {
            try await Self.$current.withValue(backend) { try await body() }
        }
    }
}

extension Trait where Self == EveryBackend {
    static var onEveryBackend: EveryBackend { EveryBackend() }
}

/// A loop of the backend that the test at hand is run with.
func makeLoop(clock: any LoopClock = SystemClock()) throws(SystemError) -> EventLoop {
    try EventLoop(clock: clock, backend: EveryBackend.current)
}
