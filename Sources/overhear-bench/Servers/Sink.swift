import AsyncChat
import CLinux
import Glibc

/// Takes bytes and throws them away; when a stream ends it answers how many they were, as a decimal line, and closes.
struct Sink: ~Copyable {
    private static let bufferByteCount = 256 << 10
    private static let descriptorLimit = 65_536
    private let listener: CInt
    private let ready = EpollSet()
    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferByteCount, alignment: 64)
    private let taken = UnsafeMutablePointer<Int>.allocate(capacity: descriptorLimit)

    init(listener: CInt) {
        self.listener = listener
        ready.add(listener, EPOLLIN, token: Int(listener))
    }

    deinit {
        buffer.deallocate()
        taken.deallocate()
    }

    /// Until the process is told to end.
    func run() -> Never {
        while true {
            for event in ready.wait() {
                if event.token == Int(listener) { accept() } else { take(from: CInt(event.token)) }
            }
        }
    }

    private func accept() {
        while case let client = accept4(listener, nil, nil, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)),
            client >= 0
        {
            taken[Int(client)] = 0
            ready.add(client, EPOLLIN, token: Int(client))
        }
    }

    private func take(from client: CInt) {
        let count = recv(client, buffer, Self.bufferByteCount, 0)
        if count > 0 {
            taken[Int(client)] += count
        } else if count == 0 || errno != EAGAIN {
            let answer = Array("\(taken[Int(client)])\n".utf8)
            _ = answer.withUnsafeBytes { send(client, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            close(client)
        }
    }
}
