import Testing

/// Runs a Redis that keeps everything in memory, on a Unix socket of its own.
func withRedis<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    let socket = folder.file("redis")
    let server = try Child(
        "redis-server",
        ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder.path]
    )
    try eventually("redis-server listens; it said: \(server.output)\(server.errors)") {
        if server.hasEnded { throw Trouble("redis-server ended: \(server.output)\(server.errors)") }
        return (try? Wire(to: "unix:\(socket)")) != nil
    }
    return try body("unix:\(socket)")
}

/// Runs a client of Redis that must succeed.
func redisClient(_ program: String, _ arguments: [String], at address: String) throws -> String {
    let colon = try #require(address.lastIndex(of: ":"))
    let place =
        address.hasPrefix("unix:")
        ? ["-s", String(address.dropFirst(5))]
        : ["-h", String(address[..<colon]), "-p", String(address[address.index(after: colon)...])]
    return try succeed(program, place + arguments)
}
