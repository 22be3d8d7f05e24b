import Glibc

/// Whole messages over a descriptor that blocks, for what is not measured.
enum Blocking {
    static func send(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// So many bytes, or fewer if the stream ends before.
    static func receive(_ byteCount: Int, from descriptor: CInt) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var received = 0
        while received < byteCount {
            let count = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + received, byteCount - received, 0)
            }
            guard count > 0 else { break }
            received += count
        }
        return Array(bytes[..<received])
    }

    /// Sends a message that is to be answered by this one.
    static func exchange(_ request: [UInt8], for answer: [UInt8], over descriptor: CInt) throws {
        guard send(request, to: descriptor), receive(answer.count, from: descriptor) == answer else {
            throw Trouble("the first message of a connection was not answered as it should be")
        }
    }
}
