import Glibc
import Testing
import Traffic

@testable import Capture

@Suite struct `A recorder` {
    @Test func `writes down what it is told, readable while it runs`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("PING\r\n")
        play.say("+PONG\r\n", .downstream)
        #expect(play.turnsUntil { play.recorder.readings().rows.messages == 2 })
        let log = "SELECT id, session_id, route, direction, sequence, byte_count, ending, text FROM message_log"
        #expect(
            sqlite(folder.database, log)
                == "1|1|default|>|1|6|terminator|PING\\r\\n\n2|1|default|<|1|7|terminator|+PONG\\r\\n"
        )
        play.sample(1)
        play.close(1)
        #expect(play.finish())
        #expect(shell("ls -A '\(folder.path)'") == "capture.db\ncapture.db.lock\n")
        let session =
            "SELECT upstream_address, close_reason, bytes_upstream, bytes_downstream, messages_upstream, "
            + "messages_downstream, first_message_id, last_message_id FROM sessions"
        #expect(sqlite(folder.database, session) == "127.0.0.1:6379|clientClosed|6|7|1|1|1|2")
        #expect(sqlite(folder.database, "SELECT count(*), sum(bytes_in) FROM channel_samples") == "2|14")
        #expect(
            sqlite(folder.database, "SELECT version, pid, host, configuration, clean FROM runs") == "0.0.1|42|here|{}|1"
        )
        #expect(sqlite(folder.database, "SELECT count(*) FROM gaps") == "0")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `keeps every byte of every message, whatever it is`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let folder = Folder()
        let play = try Play(configuration(folder))
        // Ids that only their high bits tell apart, and others.
        let sessions: [Int64] = [1, 2, 65, 66, 129]
        for session in sessions { play.open(session) }
        var expected: [String] = []
        var id = 0
        for _ in 0..<400 {
            let lengths = [0, 1, 2, 100, 5000, Int(random.next() % 300)]
            let count = random.next() % 100 == 0 ? 1 << 20 : lengths[Int(random.next() % 6)]
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 20) }
            let direction = random.next() % 2 == 0 ? Direction.upstream : .downstream
            let ending = Ending(rawValue: UInt8(random.next() % 5)) ?? .chunk
            let header = play.say(bytes, direction, session: sessions[Int(random.next() % 5)], ending: ending)
            id += 1
            expected.append(
                "\(id)|\(header.session)|\(direction.rawValue)|\(header.sequence)|\(header.at.nanosecondsSince1970)|"
                    + "\(count)|\(ending.rawValue)|\(checksum(bytes))"
            )
            if random.next() % 10 == 0 { play.turn() }
            if random.next() % 40 == 0 { play.tap.flush() }
        }
        #expect(play.finish())
        var found: [String] = []
        let database = try Database(uri: Database.uri(path: folder.database), flags: 1)
        let sql =
            "SELECT id, session_id, direction, sequence, at_ns, byte_count, ending, payload FROM messages ORDER BY id"
        let rows = try database.prepare(sql, doing: "reading back")
        while try rows.step() {
            let numbers = (0..<7 as Range<Int32>).map { "\(rows.integer($0) ?? -1)" }.joined(separator: "|")
            found.append("\(numbers)|\(checksum(rows.bytes(7)))")
        }
        #expect(found == expected)
        let bounds =
            "SELECT count(*) FROM sessions s WHERE first_message_id = (SELECT min(id) FROM messages WHERE session_id = s.id) "
            + "AND last_message_id = (SELECT max(id) FROM messages WHERE session_id = s.id)"
        #expect(sqlite(folder.database, bounds) == "5")
    }

    @Test func `writes the end of a session whose beginning it does not know`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.close(9)
        play.sample(9)
        play.say("orphan", session: 9)
        #expect(play.finish())
        #expect(sqlite(folder.database, "SELECT count(*) FROM messages") == "1")
    }

    @Test func `finishes without waiting for a reader`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("hello")
        #expect(play.settle())
        let reader = try Database(uri: Database.uri(path: folder.database), flags: 1)
        let rows = try reader.prepare("SELECT id FROM messages", doing: "reading")
        #expect(try rows.step())
        play.say("more")
        #expect(play.finish())
        #expect(play.recorder.readings().checkpointsIncomplete == 1)
        rows.reset()
        #expect(sqlite(folder.database, "SELECT clean, (SELECT count(*) FROM messages) FROM runs") == "1|2")
    }

    @Test func `keeps its write-ahead log short`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        let payload = [UInt8](repeating: 67, count: 1 << 20)
        for _ in 0..<100 {
            play.say(payload)
            #expect(play.settle())
        }
        #expect(play.recorder.readings().walBytes < 40 << 20)
        #expect(play.recorder.readings().checkpointsComplete >= 4)
        #expect(play.finish())
    }

    @Test func `records nothing of a route that is off, and of a direction that is off no message`() throws {
        let folder = Folder()
        var configuration = configuration(folder)
        let all = CaptureDepth.messages(payloadByteCount: 100)
        configuration.depths = [PerDirection(upstream: .off, downstream: all), PerDirection(both: .off)]
        let play = try Play(configuration)
        play.open(1)
        play.open(2, route: 1)
        play.say("unheard")
        play.say("heard", .downstream)
        play.say("unheard", session: 2, route: 1)
        for session in [1, 2] as [Int64] {
            play.sample(session)
            play.close(session)
        }
        #expect(play.finish())
        #expect(sqlite(folder.database, "SELECT session_id, direction, text FROM message_log") == "1|<|heard")
        #expect(sqlite(folder.database, "SELECT id, messages_upstream, messages_downstream FROM sessions") == "1|1|1")
        #expect(sqlite(folder.database, "SELECT DISTINCT session_id FROM channel_samples") == "1")
        #expect(sqlite(folder.database, "SELECT count(*) FROM gaps") == "0")
    }

    @Test func `goes on counting where it was, whatever larger id somebody has put there`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.say("first")
        #expect(play.settle())
        let row = "INSERT INTO messages VALUES (1000000, 1, 0, 99, 1, 1, 0, NULL, x'00')"
        #expect(shell("sqlite3 -cmd '.timeout 5000' '\(folder.database)' \"\(row)\"") == "")
        for number in 2...200 { play.say("\(number)") }
        #expect(play.finish())
        let ours = "SELECT count(*), min(id), max(id), sum(id = sequence) FROM messages WHERE id < 1000000"
        #expect(sqlite(folder.database, ours) == "200|1|200|200")
        #expect(sqlite(folder.database, "SELECT first_message_id, last_message_id FROM sessions") == "1|200")
    }

    @Test func `goes on counting where it was after somebody has deleted all messages`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        for number in 1...300 { play.say("\(number)") }
        #expect(play.settle())
        #expect(shell("sqlite3 -cmd '.timeout 5000' '\(folder.database)' 'DELETE FROM messages'") == "")
        for number in 301...900 { play.say("\(number)") }
        #expect(play.finish())
        let isSame = "id = sequence AND id = CAST(payload AS TEXT) + 0"
        let ours = "SELECT count(*), min(id), max(id), sum(\(isSame)) FROM messages"
        #expect(sqlite(folder.database, ours) == "600|301|900|600")
    }

    /// What is bound for a row stays bound for the next, so each value has a period of its own here, and none at times.
    @Test func `writes down each message as it was heard, however many come at once`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        for session in 1...3 as ClosedRange<Int64> { play.open(session) }
        var expected: [String] = []
        for count in [1100, 17, 1, 300, 1100] {
            for _ in 0..<count {
                let number = expected.count
                let payload = [UInt8](repeating: UInt8(number % 251), count: number % 11)
                let header = MessageHeader(
                    session: SessionID(rawValue: Int64(1 + number / 7 % 3)),
                    route: 0,
                    direction: number % 3 == 0 ? .downstream : .upstream,
                    ending: number % 5 == 0 ? .chunk : .terminator,
                    sequence: Int64(1 + number / 300),
                    at: Timestamp(nanosecondsSince1970: Int64(number / 13)),
                    byteCount: payload.count + number % 2
                )
                let kind = number % 600 > 280 && number % 4 == 1 ? "K\(number % 100)" : nil
                play.tap.message(header, kind: kind, payload: payload.span.bytes)
                expected.append(
                    "\(number + 1)|\(header.session.rawValue)|\(header.direction.rawValue)|\(header.sequence)|"
                        + "\(number / 13)|\(header.byteCount)|\(header.ending.rawValue)|\(kind ?? "none")|"
                        + payload.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
                )
            }
            #expect(play.settle())
        }
        #expect(play.finish())
        let columns = "id, session_id, direction, sequence, at_ns, byte_count, ending, coalesce(kind, 'none')"
        let written = sqlite(folder.database, "SELECT \(columns), hex(payload) FROM messages ORDER BY id")
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(written.count == expected.count)
        for (row, heard) in zip(written, expected) where row != heard { #expect(row == heard) }
    }

    @Test func `takes what several loops hear`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        let second = play.recorder.makeTap {}
        play.open(1)
        play.say("from one")
        let at = Timestamp(nanosecondsSince1970: 5)
        let id = SessionID(rawValue: 2)
        second.sessionOpened(SessionOpening(session: id, route: 1, clientAddress: "unix:", at: at))
        let header = MessageHeader(
            session: id,
            route: 1,
            direction: .upstream,
            ending: .chunk,
            sequence: 1,
            at: at,
            byteCount: 3
        )
        second.message(header, kind: nil, payload: [1, 2, 3].span.bytes)
        second.flush()
        #expect(play.finish())
        #expect(
            sqlite(folder.database, "SELECT count(*), max(id), count(DISTINCT session_id) FROM messages") == "2|2|2"
        )
    }
}

private func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
