/// All that is measured for docs/PERFORMANCE.md: which systems under which load.
enum Programme {
    struct Section: Sendable {
        let load: String
        let systems: [SystemName]
        /// How many times as many rounds as others: what the machine does besides makes one round's far percentile luck.
        var times = 1

        func has(_ system: System) -> Bool { systems.contains { $0.rawValue == system.name } }
    }

    static let sections: [Section] = [
        section(
            "pingpong-64",
            .direct,
            .socat,
            .nio,
            .asynchat,
            .mitmproxy,
            .none,
            .off,
            .twoLoops,
            .scraped,
            .metadata,
            .full
        ),
        section("pingpong-1", .direct, .off, .full),
        section("pipelined", .nio, .off, .metadata, .full, .pruning),
        section("large", .direct, .haproxyLarge, .nginxLarge, .nio, .none, .off, .head, .full),
        section("one-way", .off),
        section("connect", .direct, .nio, .off, .twoLoops, .full),
        section("steady", .direct, .nio, .off, .full, times: 4),
        Section(load: "steady-9000", systems: [.off, .scraped], times: 4),
        Section(load: "gentle", systems: [.full, .held], times: 2),
        section("mostly-idle", .off, .full),
        section("slow-reader", .off, .full),
        Section(load: "resp", systems: [.none, .off]),
        Section(load: "postgres", systems: [.none, .off]),
        Section(load: "redis", systems: [.direct, .haproxy, .none, .off]),
        Section(load: "pgbench", systems: [.direct, .haproxy, .none, .off]),
    ]

    /// Whose idle sessions are weighed, and how many of them.
    static let memory: [SystemName] = [.haproxy, .nginx, .nio, .off, .full]
    static let idleSessions = 9000

    /// A section that has the floor and the plain relays besides.
    private static func section(_ load: String, _ others: SystemName..., times: Int = 1) -> Section {
        Section(load: load, systems: [.floor, .haproxy, .nginx] + others, times: times)
    }
}

/// A system's name, spelled in one place.
enum SystemName: String, CaseIterable, Codable, Sendable {
    case direct
    case floor
    case haproxy
    case haproxyLarge = "haproxy-256k"
    case nginx
    case nginxLarge = "nginx-256k"
    case socat
    case nio
    case asynchat
    case mitmproxy
    case none = "overhear-none"
    case off = "overhear-off"
    case twoLoops = "overhear-off-2-loops"
    case scraped = "overhear-off-scraped"
    case metadata = "overhear-metadata"
    case head = "overhear-head"
    case full = "overhear-full"
    case pruning = "overhear-full-pruning"
    case held = "overhear-full-held"
}
