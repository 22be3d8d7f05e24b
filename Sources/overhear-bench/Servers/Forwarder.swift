import AsyncChat
import CLinux
import Glibc

/// What is received from one descriptor is sent to its partner, and nothing else: the least a relay must do.
///
/// One thread, one buffer, level-triggered epoll. What the partner does not take is kept aside, and its source not read
/// until it is gone. An echo server is the same with every connection its own partner.
struct Forwarder: ~Copyable {
    /// What becomes of a new connection.
    enum Partner {
        /// A relay: a connection of its own to this port.
        case connection(to: UInt16)
        /// An echo; the first that a connection says gets this answer instead, if it is not empty.
        case itself(afterAnswering: [UInt8])
        /// An echo that says goodbye: it closes once a message, which ends in LF, has gone back.
        case itselfOnce
    }

    /// One end, by its descriptor.
    private struct End {
        var partner: CInt = -1
        /// Its first bytes are still to come, and to be answered by something else.
        var awaitsAnswer = false
        /// The stream from it is over.
        var hasEnded = false
        /// The stream to it is to end once the rest is sent.
        var isToEnd = false
        var interest: UInt32 = 0
        /// What it has not taken yet.
        var rest: UnsafeMutableRawPointer?
        var restOffset = 0
        var restEnd = 0
    }

    private static let bufferByteCount = 256 << 10
    private static let descriptorLimit = 65_536
    private let partner: Partner
    private let listener: CInt
    private let ready = EpollSet()
    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferByteCount, alignment: 64)
    private let ends = UnsafeMutablePointer<End>.allocate(capacity: descriptorLimit)

    init(listener: CInt, partner: Partner) {
        self.listener = listener
        self.partner = partner
        ends.initialize(repeating: End(), count: Self.descriptorLimit)
        ready.add(listener, EPOLLIN, token: Int(listener))
    }

    deinit {
        buffer.deallocate()
        ends.deallocate()
    }

    /// Until the process is told to end.
    func run() -> Never {
        while true {
            for event in ready.wait() {
                let descriptor = CInt(event.token)
                if descriptor == listener {
                    accept()
                    continue
                }
                // An earlier event of this batch may have closed it.
                guard ends[Int(descriptor)].partner >= 0 else { continue }
                if event.isWritable, ends[Int(descriptor)].rest != nil { sendRest(of: descriptor) }
                if event.isReadable, ends[Int(descriptor)].partner >= 0 { forward(from: descriptor) }
            }
        }
    }

    private func accept() {
        while case let client = accept4(listener, nil, nil, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)),
            client >= 0
        {
            Loopback.sendAtOnce(client)
            switch partner {
            case .itself(let answer):
                open(client, partner: client)
                ends[Int(client)].awaitsAnswer = !answer.isEmpty
            case .itselfOnce:
                open(client, partner: client)
            case .connection(let port):
                guard let server = try? Loopback.beginConnecting(to: port) else {
                    close(client)
                    continue
                }
                open(server, partner: client)
                open(client, partner: server)
            }
        }
    }

    private func open(_ descriptor: CInt, partner: CInt) {
        ends[Int(descriptor)] = End(partner: partner, interest: EPOLLIN.rawValue)
        ready.add(descriptor, EPOLLIN, token: Int(descriptor))
    }

    private func forward(from source: CInt) {
        let target = ends[Int(source)].partner
        // Woken by an error while its partner is full.
        guard ends[Int(target)].rest == nil, !ends[Int(source)].hasEnded else { return }
        let count = recv(source, buffer, Self.bufferByteCount, 0)
        guard count > 0 else {
            if count == 0 {
                end(source)
            } else if errno != EAGAIN {
                closePair(source)
            }
            return
        }
        if ends[Int(source)].awaitsAnswer { return answer(source) }
        var sent = send(target, buffer, count, CInt(MSG_NOSIGNAL))
        if sent < 0 {
            guard errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN else { return closePair(source) }
            sent = 0
        }
        if sent < count { keep(buffer + sent, count - sent, for: target) }
        if case .itselfOnce = partner, buffer.load(fromByteOffset: count - 1, as: UInt8.self) == 0x0A {
            if sent == count { closePair(source) } else { ends[Int(source)].hasEnded = true }
        }
    }

    private func answer(_ client: CInt) {
        guard case .itself(let answer) = partner else { return }
        ends[Int(client)].awaitsAnswer = false
        if send(client, answer, answer.count, CInt(MSG_NOSIGNAL)) != answer.count { closePair(client) }
    }

    private func keep(_ bytes: UnsafeMutableRawPointer, _ count: Int, for target: CInt) {
        let rest = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 1)
        rest.copyMemory(from: bytes, byteCount: count)
        ends[Int(target)].rest = rest
        ends[Int(target)].restOffset = 0
        ends[Int(target)].restEnd = count
        updateInterest(of: target)
        updateInterest(of: ends[Int(target)].partner)
    }

    private func sendRest(of target: CInt) {
        let end = ends[Int(target)]
        guard let rest = end.rest else { return }
        let sent = send(target, rest + end.restOffset, end.restEnd - end.restOffset, CInt(MSG_NOSIGNAL))
        guard sent >= 0 else {
            if errno != EAGAIN { closePair(target) }
            return
        }
        ends[Int(target)].restOffset += sent
        guard end.restOffset + sent == end.restEnd else { return }
        rest.deallocate()
        ends[Int(target)].rest = nil
        if end.isToEnd { shutdown(target, CInt(SHUT_WR)) }
        if isOver(target) { return closePair(target) }
        updateInterest(of: target)
        updateInterest(of: end.partner)
    }

    /// The stream from this end is over: it is over towards its partner too, and both are closed when both are.
    private func end(_ source: CInt) {
        let target = ends[Int(source)].partner
        ends[Int(source)].hasEnded = true
        if isOver(source) { return closePair(source) }
        ends[Int(target)].isToEnd = true
        if ends[Int(target)].rest == nil { shutdown(target, CInt(SHUT_WR)) }
        updateInterest(of: source)
    }

    /// Have both streams ended, and been sent?
    private func isOver(_ descriptor: CInt) -> Bool {
        let end = ends[Int(descriptor)]
        let partner = ends[Int(end.partner)]
        return end.hasEnded && partner.hasEnded && end.rest == nil && partner.rest == nil
    }

    private func updateInterest(of descriptor: CInt) {
        let end = ends[Int(descriptor)]
        var interest: UInt32 = 0
        if !end.hasEnded, ends[Int(end.partner)].rest == nil { interest |= EPOLLIN.rawValue }
        if end.rest != nil { interest |= EPOLLOUT.rawValue }
        guard interest != end.interest else { return }
        ends[Int(descriptor)].interest = interest
        ready.change(descriptor, to: interest, token: Int(descriptor))
    }

    private func closePair(_ descriptor: CInt) {
        let partner = ends[Int(descriptor)].partner
        for end in partner == descriptor ? [descriptor] : [descriptor, partner] {
            ends[Int(end)].rest?.deallocate()
            ends[Int(end)] = End()
            close(end)
        }
    }
}
