import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The chat server` {
    private let server: RunningExample
    private let address: String

    init() throws {
        server = try RunningExample("chat-server")
        address = try server.listeningAddress()
    }

    private func guest(_ number: Int) throws -> Caller {
        let guest = try Caller(address)
        #expect(guest.hear() == "Welcome, guest \(number).\n")
        return guest
    }

    @Test func `carries every line to everyone else`() throws {
        let guests = [try guest(1), try guest(2), try guest(3)]
        guests[0].say("hello\n")
        #expect(guests[1].hear() == "guest 1: hello\n")
        #expect(guests[2].hear() == "guest 1: hello\n")
        guests[1].say("one\ntwo\n\n")
        for listener in [guests[0], guests[2]] {
            #expect(listener.hear() == "guest 2: one\n")
            #expect(listener.hear() == "guest 2: two\n")
            #expect(listener.hear() == "guest 2: \n")
        }
        // Nobody hears himself: the next thing that guest 2 is told is what guest 3 says.
        guests[2].say("bye\n")
        #expect(guests[1].hear() == "guest 3: bye\n")
    }

    @Test func `waits for the rest of a line`() throws {
        let (speaker, listener) = (try guest(1), try guest(2))
        for piece in ["a li", "ne in ", "pieces", "\n"] { speaker.say(piece) }
        #expect(listener.hear() == "guest 1: a line in pieces\n")
    }

    @Test func `passes on a line that the end of the stream ends`() throws {
        let (speaker, listener) = (try guest(1), try guest(2))
        speaker.say("last words")
        speaker.endStream()
        #expect(listener.hear() == "guest 1: last words\n")
        #expect(speaker.hearAll() == "")
    }

    @Test func `cuts a line that is too long`() throws {
        let (speaker, listener) = (try guest(1), try guest(2))
        speaker.say(String(repeating: "x", count: 100_000) + "\nshort\n")
        #expect(listener.hear() == "guest 1: " + String(repeating: "x", count: 4096) + "\n")
        #expect(listener.hear() == "guest 1: short\n")
    }

    @Test func `shows out a guest who does not listen`() throws {
        let (deaf, speaker) = (try guest(1), try guest(2))
        // Far more than the kernel's buffers and the mebibyte that the room remembers.
        speaker.say(String(repeating: String(repeating: "x", count: 4000) + "\n", count: 8000))
        let heard = try #require(deaf.hearAll())
        #expect(heard.utf8.count < 8000 * 4000)
        let newcomer = try guest(3)
        speaker.say("still here\n")
        while true {
            let line = newcomer.hear()
            if line.hasPrefix("guest 2: still here") { break }
            try #require(line.hasPrefix("guest 2: xxx"))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The line client` {
    @Test func `sends what is typed and prints what comes`() throws {
        let server = try RunningExample("chat-server")
        let address = try server.listeningAddress()
        let other = try Caller(address)
        #expect(other.hear() == "Welcome, guest 1.\n")
        let client = try RunningExample("line-client", [address])
        #expect(try client.nextLine() == "Welcome, guest 2.")

        try client.type("good morning\n")
        #expect(other.hear() == "guest 2: good morning\n")
        other.say("and to you\n")
        #expect(try client.nextLine() == "guest 1: and to you")

        try client.type("unended")
        try client.endInput()
        #expect(other.hear() == "guest 2: unended\n")
        #expect(try client.exitStatus() == 0)
    }

    @Test func `sends a whole file before it ends its stream`() throws {
        let lines = (1...2000).map { "line \($0)" }
        let file = FileManager.default.temporaryDirectory.appending(path: "line-client-\(UUID()).txt")
        try lines.map { "\($0)\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let server = try RunningExample("chat-server")
        let address = try server.listeningAddress()
        let other = try Caller(address)
        #expect(other.hear() == "Welcome, guest 1.\n")
        let client = try RunningExample("line-client", [address], readingFrom: file.path)
        for line in lines { #expect(other.hear() == "guest 2: \(line)\n") }
        #expect(try client.nextLine() == "Welcome, guest 2.")
        #expect(try client.nextLine() == "")
        #expect(try client.exitStatus() == 0)
    }

    @Test func `ends with the server`() throws {
        let server = try RunningExample("chat-server")
        let client = try RunningExample("line-client", [try server.listeningAddress()])
        #expect(try client.nextLine() == "Welcome, guest 1.")
        server.stop()
        #expect(try client.nextLine() == "")
        #expect(try client.exitStatus() == 0)
    }

    @Test func `says by its status that it was refused`() throws {
        let server = try RunningExample("chat-server")
        let address = try server.listeningAddress()
        server.stop()
        #expect(try RunningExample("line-client", [address]).exitStatus() == 1)
        #expect(try RunningExample("line-client").exitStatus() == 64)
    }
}
