import CLinux
import Glibc

/// A listening socket, as a test holds it.
final class Ear {
    let descriptor: CInt
    /// With the real port, as the program writes addresses.
    let address: String

    /// - Parameter backlog: how many connections the kernel completes before somebody accepts.
    init(on wanted: String = "127.0.0.1:0", backlog: CInt = 512) throws {
        descriptor = try withSocketAddress(wanted) { family, address, length in
            let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw Trouble.call("socket") }
            guard bind(descriptor, address, length) == 0, listen(descriptor, backlog) == 0 else {
                let trouble = Trouble.call("bind \(wanted)")
                Glibc.close(descriptor)
                throw trouble
            }
            return descriptor
        }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if wanted.hasPrefix("unix:") {
            address = wanted
        } else {
            let host = wanted[..<(wanted.lastIndex(of: ":") ?? wanted.endIndex)]
            address = "\(host):\(Self.port(of: descriptor))"
        }
    }

    deinit { Glibc.close(descriptor) }

    var port: String { String(address[address.index(after: address.lastIndex(of: ":")!)...]) }

    func accept() throws -> Wire {
        let accepted = accept4(descriptor, nil, nil, CInt(SOCK_CLOEXEC.rawValue))
        guard accepted >= 0 else { throw Trouble.call("accept") }
        return Wire(owning: accepted)
    }

    /// An address where nobody listens, and which nobody is given who asks for a free port. Who asks for this one can have
    /// it: both sides set SO_REUSEADDR, and this one does not listen.
    static func withNobody<Value>(_ body: (String) throws -> Value) throws -> Value {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var one: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        let bound = try withSocketAddress("127.0.0.1:0") { _, address, length in bind(descriptor, address, length) }
        guard bound == 0 else { throw Trouble.call("bind") }
        return try body("127.0.0.1:\(port(of: descriptor))")
    }

    private static func port(of descriptor: CInt) -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafeMutableBytes(of: &storage) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: storage.sin6_port)
    }
}
