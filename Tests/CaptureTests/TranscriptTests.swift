import Testing
import Traffic

@testable import Capture

@Suite struct `A transcript` {
    private func texts(_ entries: [Transcript.Entry]) -> [String] {
        entries.map { entry in
            switch entry {
            case .message(let message): String(decoding: message.payload, as: UTF8.self)
            case .gap(let gap): "gap \(gap.reason) \(gap.messages ?? -1)"
            case .deleted(let messages): "deleted \(messages)"
            case .replaced: "replaced"
            }
        }
    }

    /// Everything there is now.
    private func read(_ transcript: Transcript) throws -> [String] {
        var all: [String] = []
        repeat { all += texts(try transcript.next()) } while !transcript.isCaughtUp
        return all
    }

    private func transcript(
        _ folder: Folder,
        _ filter: MessageFilter = MessageFilter(),
        payloadLimit: Int? = nil
    ) -> Transcript {
        Transcript(path: folder.database, filter: filter, payloadLimit: payloadLimit)
    }

    private func made(_ folder: Folder, _ messages: [String] = ["one", "two", "three"]) throws {
        let play = try Play(configuration(folder))
        play.open(1)
        for message in messages { play.say(message) }
        #expect(play.finish())
    }

    @Test func `begins with the last messages and goes on with each that is committed`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        for number in 1...5 { play.say("\(number)") }
        #expect(play.settle())
        let transcript = transcript(folder)
        #expect(try transcript.begin(last: 2) == 5)
        #expect(try read(transcript) == ["4", "5"])
        #expect(try read(transcript) == [])
        play.say("6")
        play.say("7", .downstream)
        #expect(play.settle())
        #expect(try read(transcript) == ["6", "7"])
        #expect(play.finish())
    }

    @Test func `finds the last messages of one session far back among others'`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        play.open(2)
        for number in 1...3 { play.say("mine \(number)", number == 2 ? .downstream : .upstream) }
        for _ in 1...Int(2 * MessageQuery.idsPerStep) { play.say("other", session: 2) }
        #expect(play.finish())
        let filter = MessageFilter(session: 1)
        for (count, expected) in [(1, ["mine 3"]), (2, ["mine 2", "mine 3"]), (9, ["mine 1", "mine 2", "mine 3"])] {
            let transcript = transcript(folder, filter)
            let end = try transcript.begin(last: Int64(count))
            #expect(try read(transcript) == expected)
            #expect(transcript.isThrough(end))
        }
        let upstream = transcript(folder, MessageFilter(session: 1, direction: .upstream))
        _ = try upstream.begin(last: 2)
        #expect(try read(upstream) == ["mine 1", "mine 3"])
    }

    @Test func `reads no more of a payload than was asked for, and says how much there is`() throws {
        let folder = Folder()
        try made(folder, ["0123456789"])
        let transcript = transcript(folder, payloadLimit: 4)
        _ = try transcript.begin(last: 1)
        let entries = try transcript.next()
        guard case .message(let message)? = entries.first else { return #expect(Bool(false), "\(entries)") }
        #expect(message.payload == Array("0123".utf8))
        #expect(message.storedByteCount == 10)
        #expect(message.byteCount == 10)
    }

    @Test func `reads long messages in more than one piece, in order`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        for number in 0..<5 { play.say([UInt8](repeating: UInt8(number), count: 700_000)) }
        #expect(play.finish())
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 5)
        #expect(try transcript.next().count < 5)
        #expect(try read(transcript).count == 3)
    }

    @Test func `says how many messages were deleted before it could read them`() throws {
        let folder = Folder()
        try made(folder, (1...9).map(String.init))
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 9)
        shell("sqlite3 '\(folder.database)' 'DELETE FROM messages WHERE id <= 4'")
        #expect(try read(transcript) == ["deleted 4", "5", "6", "7", "8", "9"])
    }

    @Test func `says nothing of deleted messages that it has read`() throws {
        let folder = Folder()
        try made(folder)
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 3)
        #expect(try read(transcript).count == 3)
        shell("sqlite3 '\(folder.database)' 'DELETE FROM messages WHERE id <= 2'")
        #expect(try read(transcript) == [])
    }

    @Test func `comes to its end although everything was deleted meanwhile`() throws {
        let folder = Folder()
        try made(folder)
        let transcript = transcript(folder)
        let end = try transcript.begin(last: 3)
        shell("sqlite3 '\(folder.database)' 'DELETE FROM messages'")
        var rounds = 0
        while !transcript.isThrough(end), rounds < 10 {
            _ = try transcript.next(upTo: end)
            rounds += 1
        }
        #expect(transcript.isThrough(end))
    }

    @Test func `tells a gap where it belongs in time, and again once it has grown`() throws {
        let folder = Folder()
        try made(folder)
        let times = sqlite(folder.database, "SELECT at_ns FROM messages ORDER BY id").split(separator: "\n")
        let transcript = transcript(folder)
        shell(
            """
            sqlite3 '\(folder.database)' "INSERT INTO gaps VALUES (1, 'early', 1, 2, 1, 1);
            INSERT INTO gaps VALUES (1, 'behind', \(times[1]) + 1, \(times[1]) + 2, 5, 50)"
            """
        )
        _ = try transcript.begin(last: 2)
        #expect(try read(transcript) == ["two", "gap behind 5", "three"])
        shell("sqlite3 '\(folder.database)' \"UPDATE gaps SET messages = 7 WHERE reason = 'behind'\"")
        var again: [String] = []
        #expect(
            eventually {
                again += (try? read(transcript)) ?? []
                return !again.isEmpty
            }
        )
        #expect(again == ["gap behind 7"])
    }

    @Test func `goes on when the relay starts again`() throws {
        let folder = Folder()
        try made(folder)
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 1)
        #expect(try read(transcript) == ["three"])
        let play = try Play(configuration(folder))
        play.open(2)
        play.say("four", session: 2)
        #expect(play.settle())
        #expect(try read(transcript) == ["four"])
        play.say("five", session: 2)
        #expect(play.finish())
        #expect(try read(transcript) == ["five"])
    }

    @Test func `begins anew when another file takes the name`() throws {
        let folder = Folder()
        try made(folder)
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 1)
        #expect(try read(transcript) == ["three"])
        shell("mv '\(folder.database)' '\(folder.path)/old.db'")
        #expect(try read(transcript) == [])
        try made(folder, ["new"])
        #expect(try read(transcript) == ["replaced", "new"])
    }

    @Test func `begins when there is a file`() throws {
        let folder = Folder()
        let transcript = transcript(folder)
        var missing: CaptureError.Kind?
        do throws(CaptureError) { _ = try transcript.begin(last: 3) } catch { missing = error.kind }
        #expect(missing == .missing)
        #expect(try read(transcript) == [])
        shell("touch '\(folder.database)'")
        #expect(try read(transcript) == [])
        try made(folder)
        #expect(try read(transcript) == ["replaced", "one", "two", "three"])
    }

    @Test func `leaves nothing beside a file that nobody has open, and not a byte of it changed`() throws {
        let folder = Folder()
        try made(folder)
        let before = folder.fingerprint
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 3)
        #expect(try read(transcript).count == 3)
        #expect(folder.fingerprint == before)
    }

    @Test func `holds no transaction between two pieces`() throws {
        let folder = Folder()
        let play = try Play(configuration(folder))
        play.open(1)
        for number in 0..<5 { play.say([UInt8](repeating: UInt8(number), count: 700_000)) }
        #expect(play.settle())
        let transcript = transcript(folder)
        _ = try transcript.begin(last: 5)
        _ = try transcript.next()
        // Were the log held, it could not be emptied.
        #expect(eventually { sqliteWriting(folder, "PRAGMA wal_checkpoint(TRUNCATE)").hasPrefix("0|") })
        #expect(try read(transcript).count == 3)
        #expect(play.finish())
    }

    private func sqliteWriting(_ folder: Folder, _ sql: String) -> String {
        shell("sqlite3 '\(folder.database)' '\(sql)'")
    }
}
