import AsyncChat
import Testing
import Traffic

@testable import Relay

/// A relay between peers moved by hand, on a clock turned by hand.
final class RelayScene {
    let clock = HandClock()
    let loop: EventLoop
    let relay: RelayLoop
    let ear = WireEar()
    let listener: WireListener
    /// Where clients reach the relay.
    let address: SocketAddress

    /// - Parameters:
    ///   - upstream: instead of a listener of the scene's own.
    ///   - refuses: nobody answers at the upstream address.
    init(
        framing: String = "lf",
        upstream: String? = nil,
        refuses: Bool = false,
        onSystemClock: Bool = false,
        bufferByteCount: CInt? = nil,
        configure: (inout RelayConfiguration) -> Void = { _ in }
    ) throws {
        loop = try onSystemClock ? EventLoop() : EventLoop(clock: clock)
        listener = try WireListener(refuses: refuses, bufferByteCount: bufferByteCount)
        let endpoint = try Endpoint(parsing: upstream ?? listener.address.description)
        let framing = PerDirection(both: try Framing(parsing: framing))
        let route = Route(name: "default", listen: endpoint, upstream: endpoint, framing: framing)
        var configuration = RelayConfiguration(routes: [route])
        configure(&configuration)
        relay = RelayLoop(loop: loop, configuration: configuration)
        relay.begin(telling: [ear], numbering: SessionNumbers())
        address = try relay.listen(route: 0, on: .loopback(port: 0))
        if let bufferByteCount { narrow(bufferByteCount) }
    }

    deinit {
        // Sessions are let go of when the turn ends, in which nobody else is to come.
        relay.drain {}
        relay.abortAll(.processEnded)
        turns(1)
        loop.closeAll()
    }

    func client(bufferByteCount: CInt? = nil) throws -> WirePeer {
        try WirePeer.connected(to: address, bufferByteCount: bufferByteCount)
    }

    /// A client and the server it is relayed to.
    func conversation(bufferByteCount: CInt? = nil) throws -> (client: WirePeer, server: WirePeer) {
        let before = ear.connected.count
        let client = try client(bufferByteCount: bufferByteCount)
        var server: WirePeer?
        #expect(
            turns {
                if server == nil { server = listener.accept() }
                return server != nil && ear.connected.count > before
            }
        )
        if let bufferByteCount { narrow(bufferByteCount) }
        return (client, try #require(server))
    }

    /// A client whose session has no upstream yet, as while a name is being looked up.
    func unconnected() throws -> (client: WirePeer, session: Session) {
        let door = try WireListener()
        let client = try WirePeer.connected(to: door.address)
        let socket = Socket(owning: try #require(door.acceptDescriptor()))
        return (client, relay.admit(socket, from: .unix(""), route: 0))
    }

    /// Has peers send until nothing more fits in anywhere; `send` answers how many bytes it could.
    func fill(_ send: () -> Int) {
        var standstill = 0
        while standstill < 50 {
            let before = ear.received
            let sent = send()
            loop.turn(timeout: .zero)
            standstill = sent == 0 && ear.received == before ? standstill + 1 : 0
        }
    }

    /// Has a client send until the relay holds some of it, read and not sent on, for a server that takes none.
    func fillFIFO(from client: WirePeer) {
        fill { queuedByteCount > 5000 ? 0 : client.send([UInt8](repeating: 65, count: 1000)) }
    }

    /// Bytes received from clients and not yet sent on.
    var queuedByteCount: Int { ear.received.upstream - ear.sent.upstream }

    /// Gives every socket of the relay buffers of this size.
    func narrow(_ bufferByteCount: CInt) {
        for channel in loop.channels { WireSocket.setBuffers(of: channel.descriptor, byteCount: bufferByteCount) }
    }

    /// Turns until something holds: true if it comes to that. The clock goes on by a millisecond each time.
    func turns(until condition: () -> Bool) -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            clock.advance(.milliseconds(1))
            loop.turn(timeout: .milliseconds(1))
        }
        return condition()
    }

    /// Some turns in which nothing is waited for.
    func turns(_ count: Int = 20) {
        for _ in 0..<count { loop.turn(timeout: .zero) }
    }

    /// Time goes by, and the loop notices.
    func pass(_ duration: Duration) {
        clock.advance(duration)
        turns(3)
    }

    /// How many turns the loop makes in a while in which nothing happens: many, if it spins.
    func turnsWhileIdle() -> Int64 {
        let before = loop.turns
        loop.schedule(after: .milliseconds(60)) { [loop] in loop.stop() }
        loop.runUntilStopped()
        return loop.turns - before
    }

    var session: Session? { loop.channels.lazy.compactMap { ($0 as? RelayChannel)?.session }.first }
}

/// A clock that only moves when told to.
final class HandClock: LoopClock {
    private var now: Int64 = 1_000_000_000

    func advance(_ duration: Duration) { now += duration.wholeNanoseconds }

    func monotonic() -> LoopInstant { LoopInstant(nanoseconds: now) }

    /// The same moment, as if the clock had started in 1970.
    func realTimeNanoseconds() -> Int64 { now }
}
