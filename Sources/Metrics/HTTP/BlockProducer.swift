import AsyncChat

/// Gives out an answer block by block as the peer takes it, small blocks together.
///
/// A block is one metric family: a big answer is never one piece in the FIFO, and a small one still leaves in one send.
final class BlockProducer: Producer {
    private let blocks: [[UInt8]]
    private let pieceByteCount: Int
    private var next = 0

    /// - Parameter pieceByteCount: blocks are joined until a piece has so many bytes; a longer block stays whole.
    init(_ blocks: [[UInt8]], pieceByteCount: Int = 16384) {
        self.blocks = blocks
        self.pieceByteCount = pieceByteCount
    }

    func more() -> [UInt8]? {
        guard next < blocks.count else { return nil }
        var piece = blocks[next]
        next += 1
        while next < blocks.count, piece.count + blocks[next].count <= pieceByteCount {
            piece += blocks[next]
            next += 1
        }
        return piece
    }
}
