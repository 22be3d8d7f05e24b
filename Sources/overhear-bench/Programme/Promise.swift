/// A number that overhear is to meet, and what was measured of it.
struct Promise: Sendable {
    enum Bound: Sendable {
        case atLeast(Double)
        case atMost(Double)

        func holds(_ value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            }
        }
    }

    let what: String
    let bound: Bound
    /// What the bound and the figures are counted in; empty for a ratio.
    var unit = ""
    /// The median and how far the rounds lie apart; nil where it was not measured.
    let measured: @Sendable (Results) -> Spread?
}

extension Promise {
    private static let plainRelays: [SystemName] = [.haproxy, .nginx]
    private static let withLargeBuffers = plainRelays + [.haproxyLarge, .nginxLarge]

    static let all: [Promise] = [
        ratio(
            "capture off, 64 connections, round trips/s: of the floor's",
            .atLeast(0.95),
            "pingpong-64",
            .off,
            [.floor]
        ),
        ratio("the same: of the better of HAProxy and nginx", .atLeast(1), "pingpong-64", .off, plainRelays),
        processor("the same, user CPU per round trip: of HAProxy's", 0.5, "pingpong-64", .off, .haproxy, \.userSeconds),
        ratio("capture off, 64 KiB messages, MB/s: of the floor's", .atLeast(0.95), "large", .off, [.floor]),
        ratio(
            "the same: of the best of HAProxy and nginx, 256 KiB buffers included",
            .atLeast(1),
            "large",
            .off,
            withLargeBuffers
        ),
        ratio(
            "capture off, connections/s: of the better of HAProxy and nginx",
            .atLeast(1.05),
            "connect",
            .off,
            plainRelays
        ),
        ratio(
            "**capture full**, 64 connections, round trips/s: of HAProxy's, which records nothing",
            .atLeast(0.95),
            "pingpong-64",
            .full,
            [.haproxy]
        ),
        processor(
            "the same, CPU per round trip, writer included: of HAProxy's",
            1.15,
            "pingpong-64",
            .full,
            .haproxy,
            \.processorSeconds
        ),
        ratio(
            "the same, p99 at half of HAProxy's highest rate: of HAProxy's",
            .atMost(1.3),
            "steady",
            .full,
            [.haproxy]
        ),
        recorded("capture full, pipelined 64 B, messages recorded", 1.2, .full),
        recorded("the same while it prunes", 0.7, .pruning),
        ratio("`--capture head:256`, 64 KiB messages, MB/s: of capture off", .atLeast(0.85), "large", .head, [.off]),
        ratio(
            "capture full, 64 connections: of mitmproxy's, recording the same",
            .atLeast(40),
            "pingpong-64",
            .full,
            [.mitmproxy]
        ),
        ratio("the same: of Python's asynchat, recording the same", .atLeast(1.6), "pingpong-64", .full, [.asynchat]),
        Promise(what: "memory per idle session, capture off", bound: .atMost(1024), unit: "B") { $0.memory(.off) },
        Promise(what: "the same, capture full", bound: .atMost(1024), unit: "B") { $0.memory(.full) },
        processor(
            "two loops, CPU per round trip: of one loop's",
            1.1,
            "pingpong-64",
            .twoLoops,
            .off,
            \.processorSeconds
        ),
        processor("two loops, CPU per connection: of one loop's", 1.1, "connect", .twoLoops, .off, \.processorSeconds),
        ratio(
            "a scrape every second with 9,000 sessions, p99: of p99 without",
            .atMost(1.1),
            "steady-9000",
            .scraped,
            [.off]
        ),
        ratio(
            "capture full while a reader holds a transaction, p99: of p99 without",
            .atMost(1.1),
            "gentle",
            .held,
            [.full]
        ),
        ratio(
            "framing `resp`, pipelined, behind an echo that costs nothing: of framing `none`",
            .atLeast(0.85),
            "resp",
            .off,
            [.none]
        ),
        ratio("the same behind Redis, asked by redis-benchmark", .atLeast(0.85), "redis", .off, [.none]),
        ratio(
            "framing `postgres`, pipelined, behind an echo that costs nothing: of framing `none`",
            .atLeast(0.85),
            "postgres",
            .off,
            [.none]
        ),
        ratio("the same behind PostgreSQL, asked by pgbench", .atLeast(0.85), "pgbench", .off, [.none]),
    ]

    /// The figure a load is told in, round by round over the better of others.
    private static func ratio(
        _ what: String,
        _ bound: Bound,
        _ load: String,
        _ system: SystemName,
        _ others: [SystemName]
    ) -> Promise {
        Promise(what: what, bound: bound) { results in
            guard let section = results.section(load), let load = Load.named(load) else { return nil }
            let others = others.map(\.rawValue)
            return section.set.ratio(system.rawValue, overBetterOf: others) { $0.value(of: load.figure) }
        }
    }

    /// Processor time per message, all rounds together.
    private static func processor(
        _ what: String,
        _ bound: Double,
        _ load: String,
        _ system: SystemName,
        _ other: SystemName,
        _ seconds: @escaping @Sendable (Measurement) -> Double?
    ) -> Promise {
        Promise(what: what, bound: .atMost(bound)) { results in
            results.section(load)?.set.processorRatio(system.rawValue, over: other.rawValue, seconds).map {
                Spread([$0])
            }
        }
    }

    /// Millions of rows a second: each message has one on its way to the server and one on its way back.
    private static func recorded(_ what: String, _ millions: Double, _ system: SystemName) -> Promise {
        Promise(what: what, bound: .atLeast(millions), unit: "M/s") { results in
            results.section("pipelined")?.set.spread(system.rawValue) { $0.messagesPerSecond * 2 / 1e6 }
        }
    }
}
