import AsyncChat

@testable import Metrics

/// A metrics listener and its clients in one loop, with a clock turned by hand.
final class HTTPScene {
    let loop: EventLoop
    let clock = HandClock()
    let listener: MetricsListener
    let address: SocketAddress
    let readiness = ReadinessBox()
    let board: StatusBoard

    /// What the program would say.
    final class ReadinessBox {
        var value = Readiness.ready()
    }

    init(routes: Int = 1, limits: MetricsLimits = MetricsLimits()) throws {
        loop = try EventLoop(clock: clock)
        let loops = [LoopMetrics(routeCount: routes)]
        let exposition = Exposition(
            routes: (0..<routes).map { "route-\($0)" },
            loops: loops,
            build: BuildInfo(version: "1.2.3", swiftVersion: "6.3", sqliteVersion: "3.40.1"),
            recorder: { nil }
        )
        let box = readiness
        board = StatusBoard(loops: 1)
        let status = StatusReport(
            routes: (0..<routes).map { StatusRoute(name: "route-\($0)", listen: ":1", upstream: ":2") },
            loops: loops,
            board: board,
            marks: StatusMarks(low: 10, high: 40),
            showsMessages: true,
            recorder: { nil }
        )
        let site = MetricsSite(exposition: exposition, status: status, version: "1.2.3") { box.value }
        listener = MetricsListener(loop: loop, site: site, limits: limits)
        try listener.listen(on: .ipv4(UInt32(0x7f00_0001).bigEndian, port: 0))
        address = listener.address!
    }

    deinit { loop.closeAll() }

    func connect() throws -> HTTPClient {
        let client = HTTPClient(loop: loop)
        try client.connect(to: address)
        turn(until: "connected") { client.isConnected }
        return client
    }

    /// Makes turns until something is so; a scene that gets stuck fails rather than hangs.
    func turn(until what: String, _ isSo: () -> Bool) {
        for _ in 0..<20000 where !isSo() { loop.turn(timeout: .milliseconds(5)) }
        precondition(isSo(), "never \(what)")
    }

    /// Lets time pass, a second at a time so that sweeps happen in between.
    func pass(seconds: Int) {
        for _ in 0..<seconds {
            clock.advance(by: .seconds(1))
            for _ in 0..<3 { loop.turn(timeout: .zero) }
        }
    }

    /// Sends a request on a connection of its own and returns everything that comes until the server ends the stream.
    func exchange(_ request: String) throws -> String {
        let client = try connect()
        client.push(Array(request.utf8))
        turn(until: "answered: \(request.debugDescription)") { client.hasEnded }
        client.close()
        return client.text
    }
}

/// The other end: keeps everything it hears.
final class HTTPClient: ChatChannel {
    private(set) var heard: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var wasReset = false
    var reads = true

    var text: String { String(decoding: heard, as: UTF8.self) }

    override func readable() -> Bool { reads && !hasEnded }

    override func handleReceived(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { heard.append(contentsOf: $0) }
    }

    override func handleEndOfStream() {
        hasEnded = true
    }

    override func handleDisconnect(_ error: SystemError) {
        hasEnded = true
        wasReset = true
        close()
    }

    /// How many complete answers with bodies came.
    var answers: [Substring] { text.split(separator: "HTTP/1.1 ") }
}

/// Real time for the kernel, a hand for everything else.
final class HandClock: LoopClock {
    private var instant = LoopInstant(nanoseconds: 1_000_000_000)

    func advance(by duration: Duration) { instant = instant + duration }
    func monotonic() -> LoopInstant { instant }
    func realTimeNanoseconds() -> Int64 { instant.nanoseconds }
}
