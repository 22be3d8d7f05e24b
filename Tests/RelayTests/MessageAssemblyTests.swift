import Testing

@testable import Relay

@Suite struct `A message being assembled` {
    @Test func `keeps its beginning up to the bound, and its true length`() {
        var message = MessageAssembly()
        let piece = [UInt8](repeating: 7, count: 300)
        for _ in 0..<100_000 { message.append(piece.span.bytes, keepingAtMost: 1000) }
        message.append([UInt8]([1, 2, 3]).span.bytes, keepingAtMost: 1000)
        #expect(message.byteCount == 30_000_003)
        #expect(message.bytes == [UInt8](repeating: 7, count: 1000))
        #expect(message.bytes.capacity <= 2048)
    }

    @Test func `keeps nothing where nothing is stored`() {
        var message = MessageAssembly()
        message.append([UInt8]([1, 2, 3]).span.bytes, keepingAtMost: 0)
        message.append([UInt8]([4]).span.bytes, keepingAtMost: 0)
        #expect(message.byteCount == 4)
        #expect(message.bytes.capacity == 0)
    }

    @Test func `keeps memory from one message to the next, but not that of a long one`() {
        var message = MessageAssembly()
        message.append([UInt8](repeating: 7, count: 1000).span.bytes, keepingAtMost: 1 << 20)
        message.clear()
        #expect(message.bytes.capacity >= 1000)
        message.append([UInt8](repeating: 7, count: 500_000).span.bytes, keepingAtMost: 1 << 20)
        message.clear()
        #expect(message.bytes.capacity == 0)
        #expect(message.isEmpty)
    }
}
