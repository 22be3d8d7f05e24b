import CSQLite
import Glibc
import Testing
import Traffic

@testable import Capture

/// One loop on a thread of its own: says random things, reads `hasRoom` after every turn, and keeps count.
private final class Loop {
    private let tap: RecorderTap
    private let session: Int64
    private var random: SplitMix
    private(set) var said = SessionTally()

    init(_ recorder: Recorder, session: Int64, seed: UInt64) {
        tap = recorder.makeTap {}
        self.session = session
        random = SplitMix(state: seed)
        tap.sessionOpened(
            SessionOpening(session: SessionID(rawValue: session), route: 0, clientAddress: "c", at: Clock.now)
        )
    }

    func play(while goesOn: () -> Bool) {
        while goesOn() {
            if tap.hasRoom {
                for _ in 0...random.next() % 20 { say() }
            }
            _ = tap.tend(now: Clock.monotonic)
            usleep(UInt32(random.next() % 300))
        }
    }

    private func say() {
        let direction = random.next() % 2 == 0 ? Direction.upstream : .downstream
        let bytes = [UInt8](repeating: 70, count: Int(random.next() % 2000))
        said.messages[direction] += 1
        said.bytes[direction] += Int64(bytes.count)
        let header = MessageHeader(
            session: SessionID(rawValue: session),
            route: 0,
            direction: direction,
            ending: .chunk,
            sequence: said.messages[direction],
            at: Clock.now,
            byteCount: bytes.count
        )
        tap.message(header, kind: nil, payload: bytes.span.bytes)
    }

    func end() {
        tap.sessionClosed(
            SessionClosing(
                session: SessionID(rawValue: session),
                route: 0,
                reason: .clientClosed,
                tally: said,
                at: Clock.now
            )
        )
        tap.flush()
    }
}

@Suite struct `The record and its gaps` {
    @Test(arguments: [WhenBehind.block, .drop], [1, 2] as [UInt64])
    func `add up to what was said, whatever goes wrong meanwhile`(whenBehind: WhenBehind, seed: UInt64) throws {
        let folder = Folder()
        let brake = Brake()
        var configuration = configuration(folder)
        configuration.bufferByteCount = 512 << 10
        configuration.whenBehind = whenBehind
        configuration.stallLimit = .milliseconds(60)
        configuration.brake(brake)
        let told = Told()
        let recorder = try Recorder.start(configuration) { told.hear($0) }

        let total = Monitor(SessionTally())
        let goesOn = Monitor(true)
        let loops = (1...3).map { (number: Int64) in
            thread {
                let loop = Loop(recorder, session: number, seed: seed &* 100 &+ UInt64(number))
                loop.play { goesOn.withLock { $0 } }
                loop.end()
                total.withLock { $0.add(loop.said) }
            }
        }
        trouble(folder, brake, seed)
        goesOn.withLock { $0 = false }
        for loop in loops { pthread_join(loop, nil) }
        #expect(recorder.finish(deadline: .seconds(20)))

        let said = total.withLock { $0 }
        expectWhole(
            folder,
            messages: Int(said.messages.upstream + said.messages.downstream),
            bytes: Int(said.bytes.upstream + said.bytes.downstream)
        )
        let holes =
            "SELECT sum(messages_upstream + messages_downstream) - (SELECT count(*) FROM messages), "
            + "(SELECT coalesce(sum(messages), 0) FROM gaps), count(*), count(close_reason) FROM sessions"
        let columns = sqlite(folder.database, holes).split(separator: "|")
        #expect(columns[0] == columns[1])
        #expect(columns[2...] == ["3", "3"])
        #expect(sqlite(folder.database, "SELECT max(id) - min(id) + 1 = count(*) FROM messages") == "1")
        #expect(!told.suspensions.isEmpty)
    }

    /// A hang, a full disk and somebody's write transaction, each a few times.
    private func trouble(_ folder: Folder, _ brake: Brake, _ seed: UInt64) {
        var random = SplitMix(state: seed)
        let shell = RudeShell(folder.database)
        for round in 0..<6 {
            usleep(UInt32(random.next() % 50_000))
            switch round % 3 {
            case 0: brake.set(true)
            case 1: brake.limitPages(to: 1)
            default: _ = shell.run("BEGIN IMMEDIATE")
            }
            usleep(UInt32(80_000 + random.next() % 60_000))
            brake.set(false)
            brake.limitPages(to: 1_000_000)
            _ = shell.run("ROLLBACK")
        }
    }
}

extension SessionTally {
    fileprivate mutating func add(_ other: SessionTally) {
        for direction in Direction.allCases {
            messages[direction] += other.messages[direction]
            bytes[direction] += other.bytes[direction]
        }
    }
}
