import Glibc
import Synchronization
import Traffic

@testable import Capture

/// A folder of its own for one test, gone with it.
final class Folder {
    let path: String

    init() {
        var template = Array("/tmp/overhear-capture-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { _ = shell("rm -rf '\(path)'") }

    var database: String { path + "/capture.db" }

    /// Names, sizes, modes and contents of everything in here: what must not change.
    var fingerprint: String {
        shell("cd '\(path)' && for f in $(ls -A | sort); do stat -c '%n %s %a %Y' \"$f\"; sha256sum < \"$f\"; done")
    }
}

/// What a command prints on stdout and stderr.
@discardableResult
func shell(_ command: String) -> String {
    guard let pipe = popen("{ \(command)\n} 2>&1", "r") else { return "popen failed" }
    defer { pclose(pipe) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&chunk, 1, chunk.count, pipe)
        guard count > 0 else { break }
        output += chunk[..<count]
    }
    return String(decoding: output, as: UTF8.self)
}

/// What the stock shell answers, as a reader beside the writer.
func sqlite(_ path: String, _ sql: String) -> String {
    var answer = shell("sqlite3 -readonly '\(path)' <<'END_OF_SQL'\n\(sql)\nEND_OF_SQL")
    if answer.hasSuffix("\n") { answer.removeLast() }
    return answer
}

/// Waits for another thread, generously. True as soon as the condition holds.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Clock.monotonic + 20_000_000_000
    while Clock.monotonic < deadline {
        if condition() { return true }
        usleep(2_000)
    }
    return condition()
}

/// What the recorder told, in order.
final class Told: Sendable {
    private let events = Monitor<[RecorderEvent]>([])
    private let wakes = Atomic<Int>(0)

    func hear(_ event: RecorderEvent) { events.withLock { $0.append(event) } }
    func wake() { wakes.wrappingAdd(1, ordering: .sequentiallyConsistent) }

    var all: [RecorderEvent] { events.withLock { $0 } }
    var wakeCount: Int { wakes.load(ordering: .sequentiallyConsistent) }

    var suspensions: [GapReason] {
        all.compactMap { if case .suspended(let reason, _) = $0 { reason } else { nil } }
    }
    var resumptions: [GapReason] {
        all.compactMap { if case .resumed(let reason, _) = $0 { reason } else { nil } }
    }
    var gaps: [Gap] {
        all.compactMap { if case .gapRecorded(let gap) = $0 { gap } else { nil } }
    }
}

func configuration(_ folder: Folder) -> CaptureConfiguration {
    let run = RunDescription(version: "0.0.1", processID: 42, host: "here", configuration: "{}")
    return CaptureConfiguration(databasePath: folder.database, routes: ["default", "other"], run: run)
}

/// A recorder with one loop's tap, and a script to tell it things.
final class Play {
    let recorder: Recorder
    let tap: RecorderTap
    let told = Told()
    private var sequences: [Int64: PerDirection<Int64>] = [:]
    private var tallies: [Int64: SessionTally] = [:]
    private var time: Int64 = 1_700_000_000_000_000_000

    init(_ configuration: CaptureConfiguration) throws {
        let told = told
        recorder = try Recorder.start(configuration) { told.hear($0) }
        tap = recorder.makeTap { told.wake() }
    }

    private func now() -> Timestamp {
        time += 1000
        return Timestamp(nanosecondsSince1970: time)
    }

    func open(_ session: Int64, route: Int = 0) {
        let id = SessionID(rawValue: session)
        tap.sessionOpened(SessionOpening(session: id, route: route, clientAddress: "127.0.0.1:5000", at: now()))
        tap.sessionConnected(id, route: route, upstreamAddress: "127.0.0.1:6379", at: now())
    }

    @discardableResult
    func say(
        _ bytes: [UInt8],
        _ direction: Direction = .upstream,
        session: Int64 = 1,
        route: Int = 0,
        ending: Ending = .terminator
    ) -> MessageHeader {
        sequences[session, default: PerDirection(both: 0)][direction] += 1
        tallies[session, default: SessionTally()].messages[direction] += 1
        tallies[session, default: SessionTally()].bytes[direction] += Int64(bytes.count)
        let header = MessageHeader(
            session: SessionID(rawValue: session),
            route: route,
            direction: direction,
            ending: ending,
            sequence: sequences[session]![direction],
            at: now(),
            byteCount: bytes.count
        )
        tap.message(header, kind: nil, payload: bytes.span.bytes)
        return header
    }

    func say(_ text: String, _ direction: Direction = .upstream, session: Int64 = 1, route: Int = 0) {
        say(Array(text.utf8), direction, session: session, route: route)
    }

    func sample(_ session: Int64) {
        let id = SessionID(rawValue: session)
        let at = now()
        var state = ChannelState()
        state.bytesIn = 7
        tap.sampled(
            id,
            tally: tallies[session] ?? SessionTally(),
            client: ChannelSample(session: id, side: .client, at: at, state: state),
            upstream: ChannelSample(session: id, side: .upstream, at: at, state: state)
        )
    }

    func close(_ session: Int64, _ reason: CloseReason = .clientClosed) {
        let tally = tallies[session] ?? SessionTally()
        tap.sessionClosed(
            SessionClosing(session: SessionID(rawValue: session), route: 0, reason: reason, tally: tally, at: now())
        )
    }

    /// One turn of the loop.
    func turn() { _ = tap.tend(now: Clock.monotonic) }

    /// Turns until a condition holds.
    func turnsUntil(_ condition: () -> Bool) -> Bool {
        eventually {
            turn()
            return condition()
        }
    }

    /// Hands over what is open and waits until it is committed.
    func settle() -> Bool {
        tap.flush()
        return eventually { recorder.readings().queuedBytes == 0 }
    }

    func finish() -> Bool {
        tap.flush()
        return recorder.finish(deadline: .seconds(20))
    }
}
