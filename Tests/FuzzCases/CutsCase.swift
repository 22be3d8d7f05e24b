import AsyncChat
import Glibc

/// The same stream, cut differently, is the same messages: as long as the terminator changes only when one is found.
///
/// Bytes, after the channel case's first: terminators; which of them each message found names (a count, then one each, again
/// and again: from 128 on none); cuts (a count, then byte counts); the stream.
func fuzzCuts(_ script: inout Script, _ flags: UInt8) throws(BrokenProperty) {
    let alphabet = Alphabet(flags)
    let terminators = script.terminators(in: alphabet)
    let choices = script.countedBytes()
    let byteCounts = script.countedBytes()
    let stream = alphabet.spell(script.takeRest())
    let next = { (found: Int) -> ReferenceTerminator? in
        guard !choices.isEmpty, choices[found % choices.count] < 128 else { return nil }
        return terminators[Int(choices[found % choices.count]) % terminators.count]
    }

    let meant = Conversation(reading: stream, first: terminators[0], next: next)
    for cuts in [byteCounts, [], [1]] {
        var cuts = Cuts(cuts)
        let heard = try listen(to: cuts.cut(stream), first: terminators[0], next: next)
        try hold(heard == meant, orElse: "A channel hears \(heard) where \(meant) was said.")
    }
}

private func listen(
    to pieces: [[UInt8]],
    first: ReferenceTerminator,
    next: @escaping (Int) -> ReferenceTerminator?
) throws(BrokenProperty) -> Conversation {
    do {
        let channel = try ListeningChannel(loop: EventLoop(), first: first, next: next)
        defer { channel.close() }
        for piece in pieces { try channel.hear(piece) }
        return Conversation(messages: channel.messages, rest: channel.tail + channel.pendingInput)
    } catch {
        throw BrokenProperty("Reading throws \(error).")
    }
}

/// What comes of a stream: messages without their terminators, and what is left.
private struct Conversation: Equatable {
    var messages: [[UInt8]] = []
    var rest: [UInt8] = []

    init(messages: [[UInt8]], rest: [UInt8]) {
        (self.messages, self.rest) = (messages, rest)
    }

    /// By the reference, from one read.
    init(reading stream: [UInt8], first: ReferenceTerminator, next: (Int) -> ReferenceTerminator?) {
        var reference = ReferenceChat(terminator: first)
        var tail: [UInt8] = []
        reference.read(stream) { event in
            switch event {
            case .collect(let bytes):
                tail += bytes
                return nil
            case .found:
                messages.append(tail)
                tail = []
                return next(messages.count - 1)
            }
        }
        rest = tail + reference.buffer
    }
}

/// Reads what it is given, and keeps its messages. Its socket is never used.
private final class ListeningChannel: ChatChannel {
    private(set) var messages: [[UInt8]] = []
    private(set) var tail: [UInt8] = []
    private var unread: ArraySlice<UInt8> = []
    private let next: (Int) -> ReferenceTerminator?

    init(loop: EventLoop, first: ReferenceTerminator, next: @escaping (Int) -> ReferenceTerminator?) throws {
        self.next = next
        super.init(loop: loop, socket: try Socket.stream(for: .unix("")))
        setTerminator(first.terminator)
    }

    func hear(_ piece: [UInt8]) throws {
        unread = piece[...]
        while !unread.isEmpty { try handleRead() }
    }

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        let piece = unread.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        unread = unread.dropFirst(piece.count)
        return piece.isEmpty ? .wouldBlock : .bytes(piece.count)
    }

    override func collectIncomingData(_ data: RawSpan) { data.withUnsafeBytes { tail += $0 } }

    override func foundTerminator() {
        messages.append(tail)
        tail = []
        if let terminator = next(messages.count - 1) { setTerminator(terminator.terminator) }
    }
}
