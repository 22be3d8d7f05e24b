import AsyncChat
import CLinux
import Glibc
import Synchronization

/// Serves every connection on a thread of its own, for as long as the body runs.
func withServer<Value>(
    on address: String = "127.0.0.1:0",
    _ serve: @escaping @Sendable (Wire) throws -> Void,
    _ body: (String) throws -> Value
) throws -> Value {
    let ear = try Ear(on: address)
    let server = AcceptingThread(ear.descriptor, serve)
    defer { server.stop() }
    return try body(ear.address)
}

/// Gives back what it gets, to any number of clients on one thread.
func withEchoServer<Value>(on address: String = "127.0.0.1:0", _ body: (String) throws -> Value) throws -> Value {
    let ear = try Ear(on: address, backlog: 4096)
    let echo = EchoThread(ear.descriptor)
    defer { echo.stop() }
    return try body(ear.address)
}

/// Says one thing to everybody and ends.
func saying(_ text: String) -> @Sendable (Wire) throws -> Void {
    { try $0.send(text) }
}

private final class AcceptingThread: Sendable {
    private let isStopped = Atomic(false)
    private let thread: Locked<Background<Void>?> = Locked(nil)

    init(_ descriptor: CInt, _ serve: @escaping @Sendable (Wire) throws -> Void) {
        thread.withLock {
            $0 = Background { [self] in
                while !isStopped.load(ordering: .acquiring) {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    guard poll(&ready, 1, 20) > 0 else { continue }
                    let accepted = accept4(descriptor, nil, nil, CInt(SOCK_CLOEXEC.rawValue))
                    if accepted >= 0 { _ = Background { try serve(Wire(owning: accepted)) } }
                }
            }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        try? thread.withLock { $0 }?.wait()
    }
}

private final class EchoThread: Sendable {
    private let isStopped = Atomic(false)
    private let thread: Locked<Background<Void>?> = Locked(nil)

    init(_ descriptor: CInt) {
        thread.withLock { $0 = Background { [self] in serve(descriptor) } }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        try? thread.withLock { $0 }?.wait()
    }

    /// A client whose answers are not taken is not read, as any decent server does.
    private func serve(_ descriptor: CInt) {
        var polled = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        var waiting: [CInt: ArraySlice<UInt8>] = [:]
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 65536, alignment: 16)
        defer {
            for connection in polled.dropFirst() { close(connection.fd) }
            buffer.deallocate()
        }
        while !isStopped.load(ordering: .acquiring) {
            guard poll(&polled, nfds_t(polled.count), 20) > 0 else { continue }
            for index in polled.indices.dropFirst().reversed() where polled[index].revents != 0 {
                let client = polled[index].fd
                if var rest = waiting[client] {
                    let count = rest.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Self.atOnce) }
                    rest = count > 0 ? rest.dropFirst(count) : errno == EAGAIN ? rest : []
                    waiting[client] = rest.isEmpty ? nil : rest
                } else {
                    let count = recv(client, buffer, 65536, CInt(MSG_DONTWAIT))
                    if count == 0 || (count < 0 && errno != EAGAIN) {
                        close(client)
                        polled.swapAt(index, polled.count - 1)
                        polled.removeLast()
                        continue
                    }
                    if count > 0 {
                        let sent = max(0, Glibc.send(client, buffer, count, Self.atOnce))
                        if sent < count {
                            waiting[client] =
                                [UInt8](UnsafeRawBufferPointer(start: buffer + sent, count: count - sent))[...]
                        }
                    }
                }
                polled[index].events = Int16(waiting[client] == nil ? POLLIN : POLLOUT)
            }
            if polled[0].revents != 0 {
                let client = accept4(descriptor, nil, nil, CInt(SOCK_CLOEXEC.rawValue))
                if client >= 0 { polled.append(pollfd(fd: client, events: Int16(POLLIN), revents: 0)) }
            }
        }
    }

    private static let atOnce = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
}
