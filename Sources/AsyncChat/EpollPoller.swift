import CLinux
import Glibc

/// The epoll(7) backend: the kernel keeps the set, so a turn costs what is ready, not what is open.
final class EpollPoller: Poller {
    private let descriptor: CInt
    /// What one turn takes.
    private let events: UnsafeMutableBufferPointer<epoll_event>
    /// What epoll refuses to watch because it is always ready, as poll(2) would say: plain files.
    private var alwaysReady: [CInt: AlwaysReady] = [:] { didSet { hasAlwaysReady = !alwaysReady.isEmpty } }
    private var hasAlwaysReady = false

    private struct AlwaysReady {
        let interest: Interest
        let token: UInt64
    }

    /// - Parameter batch: how many ready descriptors one turn takes at most; the rest come first next turn.
    init(batch: Int = 256) throws(SystemError) {
        events = .allocate(capacity: batch)
        events.initialize(repeating: epoll_event())
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .last("open epoll") }
    }

    deinit {
        events.deallocate()
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    func setInterest(
        _ interest: Interest,
        replacing old: Interest,
        of watched: CInt,
        token: UInt64
    ) throws(SystemError) {
        guard interest != old else { return }
        if hasAlwaysReady, alwaysReady.removeValue(forKey: watched) != nil {
            if !interest.isEmpty { alwaysReady[watched] = AlwaysReady(interest: interest, token: token) }
            return
        }
        var event = epoll_event(events: PeerEndBit.events(for: interest), data: epoll_data_t(u64: token))
        let operation = interest.isEmpty ? EPOLL_CTL_DEL : old.isEmpty ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        guard epoll_ctl(descriptor, operation, watched, &event) != 0 else { return }
        guard errno == EPERM else { throw .last("watch descriptor \(watched)") }
        alwaysReady[watched] = AlwaysReady(interest: interest, token: token)
    }

    var batchCount: Int { events.count }

    /// The kernel forgets what is closed by its last owner (epoll(7), Q6).
    func forgetClosing(_ watched: CInt) {
        if hasAlwaysReady { alwaysReady[watched] = nil }
    }

    func wait(
        timeoutMilliseconds: CInt,
        into ready: inout ContiguousArray<ReadyDescriptor>
    ) throws(SystemError) {
        let timeout = hasAlwaysReady ? 0 : timeoutMilliseconds
        let count = uncancelled_epoll_wait(descriptor, events.baseAddress, CInt(events.count), timeout)
        guard count >= 0 else {
            if count == -EINTR { return }
            throw SystemError(doing: "wait for events", code: -count)
        }
        for index in 0..<Int(count) {
            let event = events[index]
            ready.append(ReadyDescriptor(token: event.data.u64, readiness: PeerEndBit.readiness(of: event.events)))
        }
        guard hasAlwaysReady else { return }
        for file in alwaysReady.values {
            let readiness = Readiness(rawValue: file.interest.intersection([.read, .write]).rawValue)
            ready.append(ReadyDescriptor(token: file.token, readiness: readiness))
        }
    }
}
