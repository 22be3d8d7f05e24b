import AsyncChat
import FuzzCases
import Traffic

@testable import Relay

/// Plays a script through a relay and real sockets, one step at a time, and holds what came out against the law of the
/// house: bytes out = bytes in, the record = the bytes received, the counters = the sums over the record.
final class WirePlay {
    let script: WireScript
    let ear = WireEar()
    /// Where the script's upstream listens.
    private let listener: WireListener
    private let loop: EventLoop
    private let relay: RelayLoop
    private let client: WirePeer
    private var server: WirePeer?
    private var random: WireRandom
    private var said = PerDirection(both: 0)
    private var hasEnded = PerDirection(both: false)
    /// Where a side breaks off in its stream, if the script has it do so.
    private let breakingPoint: Int
    private let stepsUntilAbort: Int
    private var steps = 0
    private var narrowedCount = 0

    static let highWaterByteCount = 8000
    /// Only where the naive splitter judges both directions: what a framer lost its way in is cut elsewhere.
    private var overlongByteCount: Int {
        let framing = script.framing
        return framing.upstream.isHeard || framing.downstream.isHeard ? 16 << 20 : script.overlongByteCount
    }
    let readByteCount: Int

    /// - Parameter witnesses: told of everything besides the ear.
    init(
        _ script: WireScript,
        on loop: EventLoop,
        numbers: SessionNumbers = SessionNumbers(),
        witnesses: [any TrafficObserver] = []
    ) throws {
        self.script = script
        self.loop = loop
        var random = WireRandom(seed: ~script.seed)
        let buffers: CInt? = script.isNarrow ? 8192 : nil
        listener = try WireListener(refuses: script.ending == .refused, bufferByteCount: buffers)
        readByteCount = script.cut ?? Int.random(in: 1...5000, using: &random)
        let upstream = try Endpoint(parsing: listener.address.description)
        let depth = CaptureDepth.messages(payloadByteCount: script.payloadByteCount)
        let route = Route(
            name: "default",
            listen: upstream,
            upstream: upstream,
            framing: script.framing,
            capture: PerDirection(both: depth)
        )
        var configuration = RelayConfiguration(routes: [route])
        configuration.readByteCount = readByteCount
        let isHeard = script.framing.upstream.isHeard || script.framing.downstream.isHeard
        configuration.overlongByteCount = isHeard ? 16 << 20 : script.overlongByteCount
        configuration.highWaterByteCount = Self.highWaterByteCount
        configuration.lowWaterByteCount = Self.highWaterByteCount / 4
        relay = RelayLoop(loop: loop, configuration: configuration)
        relay.begin(telling: [ear] + witnesses, numbering: numbers)
        let address = try relay.listen(route: 0, on: .loopback(port: 0))
        if script.isNarrow { loop.channels.forEach { WireSocket.setBuffers(of: $0.descriptor, byteCount: 8192) } }
        client = try WirePeer.connected(to: address, bufferByteCount: buffers)
        breakingPoint = Int.random(
            in: 0...script.streams[script.ending.breaker?.outgoingDirection ?? .upstream].count,
            using: &random
        )
        stepsUntilAbort = Int.random(in: 0...80, using: &random)
        self.random = random
    }

    // MARK: - Playing

    /// Plays to the end of the session; gives up where nothing moves for long.
    func run() {
        var quietTurns = 0
        while ear.closings.isEmpty, quietTurns < 1500 {
            let before = heard
            let hasMoved = step()
            loop.turn(timeout: hasMoved ? .zero : .milliseconds(2))
            quietTurns = hasMoved || heard != before ? 0 : quietTurns + 1
        }
        relay.drain {}
        // What the relay has sent may still be on its way.
        for _ in 0..<1500 where !isOver {
            let hasMoved = [client, server].reduce(false) { $1?.receive() == true || $0 }
            loop.turn(timeout: hasMoved ? .zero : .milliseconds(2))
        }
    }

    private var heard: [Int] {
        [ear.received.upstream, ear.received.downstream, ear.sent.upstream, ear.sent.downstream, ear.connected.count]
    }

    private var isOver: Bool {
        if server == nil { server = listener.accept() }
        return [client, server].allSatisfy { $0.map { $0.isClosed || $0.incoming != .open } ?? true }
    }

    /// True if anybody did anything.
    private func step() -> Bool {
        steps += 1
        narrow()
        if server == nil { server = listener.accept() }
        if script.ending == .aborted, steps > stepsUntilAbort { relay.abortAll(.drainTimeout) }
        let clientMoved = move(.client)
        return move(.upstream) || clientMoved
    }

    private func narrow() {
        guard script.isNarrow, narrowedCount < loop.channelCount else { return }
        narrowedCount = loop.channelCount
        for channel in loop.channels { WireSocket.setBuffers(of: channel.descriptor, byteCount: 8192) }
    }

    private func peer(_ side: Side) -> WirePeer? { side == .client ? client : server }

    private func move(_ side: Side) -> Bool {
        guard let peer = peer(side), !peer.isClosed else { return false }
        let isListening = !script.isNarrow || random.chance(1, in: 3)
        let hasHeard = isListening && peer.receive(atMost: script.isNarrow ? 4000 : 65536)
        return speak(side, peer) || hasHeard || !isListening
    }

    private func speak(_ side: Side, _ peer: WirePeer) -> Bool {
        let direction = side.outgoingDirection
        let stream = script.streams[direction]
        let isBreaking = script.ending.breaker == side
        if isBreaking, said[direction] >= breakingPoint, side == .client || !ear.connected.isEmpty {
            leave(peer)
            return true
        }
        let limit = isBreaking ? breakingPoint : isWaiting(side) ? stream.count / 2 : stream.count
        if said[direction] < limit, !peer.isRefused {
            let count = script.cut ?? Int.random(in: 1...4000, using: &random)
            let sent = peer.send(stream[said[direction]..<min(limit, said[direction] + count)])
            said[direction] += sent
            return sent > 0
        }
        guard !hasEnded[direction], !isBreaking, !isWaiting(side), script.ending != .refused else { return false }
        hasEnded[direction] = true
        peer.shutdownWrite()
        return true
    }

    /// Is this the side that lets the other end first?
    private func isWaiting(_ side: Side) -> Bool {
        switch (script.ending, side) {
        case (.clientFirst, .upstream), (.upstreamFirst, .client): peer(side)?.incoming == .open
        default: false
        }
    }

    private func leave(_ peer: WirePeer) {
        switch script.ending {
        case .clientResets, .upstreamResets: peer.reset()
        default: peer.close()
        }
    }

    // MARK: - Judging

    /// Where the law is broken, as sentences; none if it holds.
    func violations() -> [String] {
        guard ear.closings.count == 1 else { return ["the session did not end"] }
        return Direction.allCases.flatMap { bytes($0) + record($0) + counters($0) } + ends()
    }

    /// First witness.
    private func bytes(_ direction: Direction) -> [String] {
        let wire = Array(script.streams[direction].prefix(ear.received[direction]))
        let receiver = direction.opposite.source
        let out = peer(receiver)?.received ?? []
        var broken: [String] = []
        if !wire.starts(with: out) { broken.append("\(direction): what comes out is not what went in") }
        if script.ending.isClean, wire.count != script.streams[direction].count {
            broken.append("\(direction): only \(wire.count) bytes were received")
        }
        let isThere = script.ending.breaker != receiver && script.ending != .aborted && peer(receiver) != nil
        if isThere, out.count != wire.count {
            broken.append("\(direction): \(wire.count) bytes went in and \(out.count) came out")
        }
        return broken
    }

    /// Second witness.
    private func record(_ direction: Direction) -> [String] {
        let wire = Array(script.streams[direction].prefix(ear.received[direction]))
        let messages = ear.messages(direction)
        var broken: [String] = []
        if messages.map(\.header.sequence) != messages.indices.map({ Int64($0 + 1) }) {
            broken.append("\(direction): the sequence has holes")
        }
        if script.framing[direction] == .none {
            if !messages.allSatisfy({ $0.header.ending == .chunk }) {
                broken.append("\(direction): not all are chunks")
            }
            var start = 0
            for message in messages {
                let end = min(wire.count, start + message.header.byteCount)
                if message.payload != Array(wire[start..<end].prefix(script.payloadByteCount)) {
                    broken.append("\(direction): a chunk is not what was received")
                }
                start = end
            }
            if start != wire.count { broken.append("\(direction): chunks are missing") }
        } else if script.framing[direction].isHeard {
            let expected = Heard.merged(replay.messages.filter { $0.direction == direction })
            let told = Heard.merged(messages)
            if told != expected.map({ $0.keeping(script.payloadByteCount) }) {
                broken.append("\(direction): \(told.count) messages are not the \(expected.count) expected")
            }
        } else {
            let expected = NaiveSplitter.split(wire, script.framing[direction], cuttingAfter: overlongByteCount)
            let told = messages.map { NaiveSplitter.Piece(bytes: $0.payload, ending: $0.header.ending) }
            let kept = expected.map {
                NaiveSplitter.Piece(bytes: Array($0.bytes.prefix(script.payloadByteCount)), ending: $0.ending)
            }
            if told != kept { broken.append("\(direction): \(told.count) messages are not the \(kept.count) expected") }
            if messages.map(\.header.byteCount) != expected.map(\.bytes.count) {
                broken.append("\(direction): a message's true length is wrong")
            }
        }
        return broken
    }

    /// What the framing alone, byte by byte, hears of what was read, in the order in which it was read.
    private lazy var replay: Hearsay = {
        let hearsay = Hearsay(script.framing)
        var heard = PerDirection(both: 0)
        for read in ear.reads {
            let bytes = script.streams[read.direction][heard[read.direction]...].prefix(read.byteCount)
            hearsay.hear(Array(bytes), read.direction, cut: 1)
            heard[read.direction] += read.byteCount
        }
        hearsay.end()
        return hearsay
    }()

    /// A message, or chunks in a row: those are as long as reads happen to be.
    private struct Heard: Equatable {
        var byteCount: Int
        var ending: Ending?
        var kind: String?
        /// Of a message.
        var payload: [UInt8] = []

        static func merged(_ messages: [Hearsay.Message]) -> [Heard] {
            merged(
                messages.map { Heard(byteCount: $0.bytes.count, ending: $0.ending, kind: $0.kind, payload: $0.bytes) }
            )
        }

        static func merged(_ messages: [WireEar.Heard]) -> [Heard] {
            merged(
                messages.map {
                    Heard(
                        byteCount: $0.header.byteCount,
                        ending: $0.header.ending,
                        kind: $0.kind,
                        payload: $0.payload
                    )
                }
            )
        }

        private static func merged(_ messages: [Heard]) -> [Heard] {
            var merged: [Heard] = []
            for message in messages {
                if message.ending != .chunk {
                    merged.append(message)
                } else if let last = merged.last, last.ending == .chunk {
                    merged[merged.count - 1].byteCount += message.byteCount
                } else {
                    merged.append(Heard(byteCount: message.byteCount, ending: .chunk, kind: message.kind))
                }
            }
            return merged
        }

        func keeping(_ byteCount: Int) -> Heard {
            var kept = self
            kept.payload = Array(payload.prefix(byteCount))
            return kept
        }
    }

    /// Third witness.
    private func counters(_ direction: Direction) -> [String] {
        guard let closing = ear.closings.first, let last = ear.samples.last else { return ["no last sample"] }
        let messages = ear.messages(direction)
        let source = direction.source == .client ? last.client : last.upstream
        let destination = direction.source == .client ? last.upstream : last.client
        let sums = [
            "recorded": messages.reduce(0) { $0 + $1.header.byteCount },
            "told as received": ear.received[direction],
            "in the tally": Int(closing.tally.bytes[direction]),
            "in the last sample": Int(source.bytesIn),
        ]
        var broken: [String] = []
        if Set(sums.values).count != 1 { broken.append("\(direction): sums of bytes differ: \(sums)") }
        if closing.tally.messages[direction] != messages.count {
            broken.append("\(direction): messages are miscounted")
        }
        if Int(destination.bytesOut) != ear.sent[direction] { broken.append("\(direction): sent bytes are miscounted") }
        if ear.sent[direction] > ear.received[direction] { broken.append("\(direction): more was sent than received") }
        if script.ending.isClean, ear.sent[direction] != ear.received[direction] {
            broken.append("\(direction): not everything received was sent")
        }
        if destination.fifoHighWaterBytes > Self.highWaterByteCount + readByteCount {
            broken.append("\(direction): \(destination.fifoHighWaterBytes) bytes were queued")
        }
        return broken
    }

    private func ends() -> [String] {
        var broken: [String] = []
        for reason in ear.reasons where !script.ending.reasons.contains(reason) {
            broken.append("it closed for \(reason)")
        }
        for side in Side.allCases where script.ending.breaker != side {
            guard let end = peer(side)?.incoming, !script.ending.ends.contains(end) else { continue }
            broken.append("for the \(side) side the stream is \(end)")
        }
        return broken
    }
}

extension WireEnding {
    /// The side that leaves in the middle.
    var breaker: Side? {
        switch self {
        case .clientResets, .clientLeaves: .client
        case .upstreamResets, .upstreamLeaves: .upstream
        case .together, .clientFirst, .upstreamFirst, .refused, .aborted: nil
        }
    }

    /// Both sides say everything and hear everything.
    var isClean: Bool {
        switch self {
        case .together, .clientFirst, .upstreamFirst: true
        default: false
        }
    }

    /// Why such a session may say that it closed.
    var reasons: Set<CloseReason> {
        switch self {
        case .together: [.clientClosed, .upstreamClosed]
        case .clientFirst: [.clientClosed]
        case .upstreamFirst: [.upstreamClosed]
        case .clientResets: [.clientReset]
        case .upstreamResets: [.upstreamReset]
        case .clientLeaves: [.clientClosed, .clientReset, .upstreamClosed]
        case .upstreamLeaves: [.upstreamClosed, .upstreamReset, .clientClosed]
        case .refused: [.connectRefused]
        case .aborted: [.drainTimeout, .clientClosed, .upstreamClosed]
        }
    }

    /// How the stream may end for a side that stays.
    var ends: [WirePeer.Incoming] {
        switch self {
        case .together, .clientFirst, .upstreamFirst: [.ended]
        case .clientResets, .upstreamResets, .refused: [.reset]
        case .clientLeaves, .upstreamLeaves, .aborted: [.ended, .reset]
        }
    }
}

extension Framing {
    /// Is it played by a framer, and judged by one, instead of by the naive splitter?
    fileprivate var isHeard: Bool {
        switch self {
        case .delimiter, .fixed, .none, .alternatives: false
        default: true
        }
    }
}
