/// Makes bytes to send, piece by piece, as the peer takes them (asynchat's producers).
///
/// A channel asks for more only when the piece before is completely sent.
public protocol Producer: AnyObject {
    /// The next piece; nil or an empty one when there is no more.
    func more() throws -> [UInt8]?
}

/// Gives out one byte string in pieces (asynchat's `simple_producer`).
public final class SimpleProducer: Producer {
    private let bytes: [UInt8]
    private let pieceByteCount: Int
    private var position = 0

    /// - Parameter pieceByteCount: the length of a piece in bytes; at least 1.
    public init(_ bytes: [UInt8], pieceByteCount: Int = 512) {
        precondition(pieceByteCount >= 1, "a producer's pieces have at least one byte")
        self.bytes = bytes
        self.pieceByteCount = pieceByteCount
    }

    /// The next slice, nil when all are given out.
    public func more() -> [UInt8]? {
        let piece = bytes[position..<min(position + pieceByteCount, bytes.count)]
        position = piece.endIndex
        return piece.isEmpty ? nil : Array(piece)
    }
}
