extension Load {
    /// The loads that can be named, in the order in which they are reported.
    static let catalogue: [Load] = [
        Load(
            name: "pingpong-64",
            meaning: "64 connections, a message of 64 B to and fro",
            shape: .closedLoop(inFlight: 1),
            connections: 64,
            messageByteCount: 64,
            // Of the relay's time a twentieth is the user's, and that is told by samples.
            lengths: 3
        ),
        Load(
            name: "pingpong-1",
            meaning: "1 connection, a message of 64 B to and fro",
            shape: .closedLoop(inFlight: 1),
            connections: 1,
            messageByteCount: 64
        ),
        pipelined("pipelined", .lines, "64 messages of 64 B in flight on each"),
        Load(
            name: "large",
            meaning: "4 connections, 4 messages of 64 KiB in flight on each",
            shape: .closedLoop(inFlight: 4),
            connections: 4,
            messageByteCount: 65_536,
            figure: .megabytes,
            warmUp: 0.4
        ),
        Load(
            name: "one-way",
            meaning: "4 connections, messages of 64 KiB towards the server, none back",
            shape: .oneWay,
            connections: 4,
            messageByteCount: 65_536,
            figure: .megabytes
        ),
        Load(
            name: "connect",
            meaning: "32 at a time connect, one message of 64 B each, close",
            shape: .oneMessageEach,
            connections: 32,
            messageByteCount: 64,
            figure: .connections
        ),
        steady("steady", "64 connections", idle: 0),
        steady("steady-9000", "64 connections beside 8,936 idle ones", idle: 8936),
        Load(
            name: "gentle",
            meaning: "64 connections, 10,000 messages of 64 B due each second",
            shape: .openLoop(rate: .fixed(10_000)),
            connections: 64,
            messageByteCount: 64,
            figure: .p99,
            lengths: 3
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
        pipelined("resp", .resp, "64 Redis commands of 64 B in flight on each"),
        pipelined("postgres", .postgres, "64 PostgreSQL messages of 64 B in flight on each"),
        real("redis", Redis(), "redis-benchmark asks Redis: 16 connections, 64 SET or GET of 64 B in flight on each"),
        real("pgbench", PostgreSQL(), "pgbench asks PostgreSQL: 16 connections, a SELECT of one row in flight on each"),
    ]

    private static func pipelined(_ name: String, _ content: Content, _ meaning: String) -> Load {
        Load(
            name: name,
            meaning: "16 connections, " + meaning,
            shape: .closedLoop(inFlight: 64),
            connections: 16,
            messageByteCount: 64,
            content: content,
            warmUp: content.framing == "lf" ? 0.8 : 0.2
        )
    }

    private static func real(_ name: String, _ server: any RealServer, _ meaning: String) -> Load {
        Load(
            name: name,
            meaning: meaning,
            shape: .realServer(server),
            connections: server.connections,
            figure: .requests,
            content: server.content,
            lengths: 2
        )
    }

    private static func steady(_ name: String, _ meaning: String, idle: Int) -> Load {
        Load(
            name: name,
            meaning: meaning + ", messages of 64 B due at half of HAProxy's highest rate",
            shape: .openLoop(rate: .ofHAProxy(0.5)),
            connections: 64,
            messageByteCount: 64,
            figure: .p99,
            idleConnections: idle,
            // Thousands of new sockets have timers that fire in their first second, all together.
            warmUp: idle > 0 ? 2 : 0.2
        )
    }

    /// The one that says how fast HAProxy is at best, for loads at a part of that.
    static let reference = catalogue[0]
}

extension Load {
    static func named(_ name: String) -> Load? { catalogue.first { $0.name == name } }
}
