extension Load {
    /// The loads that can be named, in the order in which they are reported.
    static let catalogue: [Load] = [
        Load(
            name: "pingpong-64",
            meaning: "64 connections, a message of 64 B to and fro",
            shape: .closedLoop(inFlight: 1),
            connections: 64,
            messageByteCount: 64
        ),
        Load(
            name: "pingpong-1",
            meaning: "1 connection, a message of 64 B to and fro",
            shape: .closedLoop(inFlight: 1),
            connections: 1,
            messageByteCount: 64
        ),
        Load(
            name: "pipelined",
            meaning: "16 connections, 64 messages of 64 B in flight on each",
            shape: .closedLoop(inFlight: 64),
            connections: 16,
            messageByteCount: 64
        ),
        Load(
            name: "large",
            meaning: "4 connections, 4 messages of 64 KiB in flight on each",
            shape: .closedLoop(inFlight: 4),
            connections: 4,
            messageByteCount: 65_536,
            figure: .megabytesPerSecond
        ),
        Load(
            name: "steady",
            meaning: "64 connections, messages of 64 B due at half of HAProxy's highest rate",
            shape: .openLoop(rate: .ofHAProxy(0.5)),
            connections: 64,
            messageByteCount: 64,
            figure: .p99
        ),
        Load(
            name: "connect",
            meaning: "32 at a time connect, one message of 64 B each, close",
            shape: .oneMessageEach,
            connections: 32,
            messageByteCount: 64,
            figure: .connectionsPerSecond
        ),
        Load(
            name: "one-way",
            meaning: "4 connections, 64 KiB messages one way",
            shape: .oneWay,
            connections: 4,
            messageByteCount: 65_536,
            figure: .megabytesPerSecond
        ),
        Load(
            name: "mostly-idle",
            meaning: "1,000 sessions, 64 of them active: a message of 64 B to and fro",
            shape: .closedLoop(inFlight: 1),
            connections: 64,
            messageByteCount: 64,
            idleConnections: 936
        ),
        Load(
            name: "slow-reader",
            meaning: "64 connections, a message of 64 B to and fro, beside one that takes 64 KiB messages slowly",
            shape: .closedLoop(inFlight: 1),
            connections: 64,
            messageByteCount: 64,
            slowConnections: 1
        ),
        Load(
            name: "scraped",
            meaning: "pingpong-64 while the metrics are scraped every second",
            shape: .closedLoop(inFlight: 1),
            connections: 64,
            messageByteCount: 64,
            isScraped: true
        ),
    ]
}
