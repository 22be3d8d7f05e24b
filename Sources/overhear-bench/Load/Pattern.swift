/// A message again and again, so that a send may begin anywhere in it and take in many.
final class Pattern {
    let messageByteCount: Int
    private let bytes: UnsafeMutableRawPointer
    private let byteCount: Int

    /// - Parameter messages: how many one send may take in; more, if they are short.
    init(_ message: [UInt8], messages: Int) {
        messageByteCount = message.count
        byteCount = max(messages + 1, 1 + (64 << 10) / message.count) * message.count
        bytes = .allocate(byteCount: byteCount, alignment: 64)
        for offset in stride(from: 0, to: byteCount, by: message.count) {
            (bytes + offset).copyMemory(from: message, byteCount: message.count)
        }
    }

    deinit { bytes.deallocate() }

    /// What the stream goes on with at a place, and how much of it lies here.
    func stretch(from place: Int) -> (start: UnsafeMutableRawPointer, byteCount: Int) {
        let offset = place % messageByteCount
        return (bytes + offset, byteCount - offset)
    }

    /// The byte of the stream at a place.
    func byte(at place: Int) -> UInt8 { bytes.load(fromByteOffset: place % messageByteCount, as: UInt8.self) }
}
