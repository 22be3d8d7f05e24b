import Glibc

/// What an idle session costs in memory: what a relay's processes have resident with thousands of sessions less what they
/// have with none, for each session.
///
/// Each session has had one message to and fro, and then nothing for some seconds: what a relay needs no more it may have given
/// back, as with none. The kernel's socket buffers are not counted: they are the same for all.
struct IdleMemory {
    let system: System
    let sessions: Int

    struct Measurement: Codable {
        let system: String
        let round: Int
        let sessions: Int
        let bytesWithNone: Int
        let bytesWithAll: Int

        var bytesPerSession: Double { Double(bytesWithAll - bytesWithNone) / Double(sessions) }
    }

    private static let idleSeconds: UInt32 = 4

    func run(round: Int) throws -> Measurement {
        let load = Load.reference
        let cores = Cores.any
        let server = try ServerProcess(for: load, cores: cores.server)
        let running = try system.start(upstream: server.port, content: load.content, cores)
        // The first session brings the code that serves it into memory.
        close(try Exchange.open(load, running.place.port))
        sleep(Self.idleSeconds)
        let before = running.residentByteCount
        let sockets = OpenSockets()
        for _ in 0..<sessions { Loopback.resetOnClose(sockets.own(try Exchange.open(load, running.place.port))) }
        sleep(Self.idleSeconds)
        return withExtendedLifetime(sockets) {
            Measurement(
                system: system.name,
                round: round,
                sessions: sessions,
                bytesWithNone: before,
                bytesWithAll: running.residentByteCount
            )
        }
    }
}
