import Testing

@testable import AsyncChat

/// A chat channel that reads what a test gives it, in the cuts it says, and remembers its messages. Its socket is never used.
final class FedChannel: ChatChannel {
    private(set) var messages: [[UInt8]] = []
    private(set) var tail: [UInt8] = []
    /// What to do in each `foundTerminator`.
    var onFound: (FedChannel) throws -> Void = { _ in }
    private var unread: ArraySlice<UInt8> = []

    init(loop: EventLoop, terminator: Terminator) throws {
        super.init(loop: loop, socket: try Socket.stream(for: .unix("")))
        setTerminator(terminator)
    }

    /// Reads these bytes in pieces of at most so many.
    func feed(_ bytes: [UInt8], pieceByteCount: Int) {
        inputBufferByteCount = pieceByteCount
        unread = bytes[...]
        while !unread.isEmpty, isOpen { serve(.read, watchedFor: .read) }
    }

    override func recv(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Socket.ReadOutcome {
        let piece = unread.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        unread = unread.dropFirst(piece.count)
        return piece.isEmpty ? .wouldBlock : .bytes(piece.count)
    }

    override func collectIncomingData(_ data: RawSpan) { data.withUnsafeBytes { tail += $0 } }

    override func foundTerminator() throws {
        messages.append(tail)
        tail = []
        try onFound(self)
    }

    /// A mistake of the callback's is told, and the channel goes on.
    override func handleError(_ error: any Error) {}
}
