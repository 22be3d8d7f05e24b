import Foundation
import Glibc

/// A client with a plain blocking socket, that knows nothing of the engine.
final class Caller {
    private let descriptor: CInt
    private var heard: [UInt8] = []

    /// Connects to `127.0.0.1:PORT`.
    init(_ address: String) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        peer.sin_port = UInt16(address.split(separator: ":").last ?? "")!.bigEndian
        let failure = withUnsafePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Says all of it, or as much as the other end takes before it goes away.
    func say(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func endStream() { _ = shutdown(descriptor, CInt(SHUT_WR)) }

    /// The next line with its end; at the end of the stream what is left, and then nothing.
    func hear() -> String {
        while true {
            if let end = heard.firstIndex(of: 0x0A) {
                defer { heard.removeSubrange(...end) }
                return String(decoding: heard[...end], as: UTF8.self)
            }
            guard receive() == .some else {
                defer { heard = [] }
                return String(decoding: heard, as: UTF8.self)
            }
        }
    }

    /// Everything up to the end of the stream; nil if it does not end, but is broken off or never over.
    func hearAll() -> String? {
        while true {
            switch receive() {
            case .some: continue
            case .end: return String(decoding: heard, as: UTF8.self)
            case .failure: return nil
            }
        }
    }

    private enum Outcome { case some, end, failure }

    private func receive() -> Outcome {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return count == 0 ? .end : .failure }
        heard += buffer[..<count]
        return .some
    }
}
