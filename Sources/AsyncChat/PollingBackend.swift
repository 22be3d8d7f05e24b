/// How a loop asks the kernel what is ready. What channels see is the same with each.
public enum PollingBackend: CaseIterable, Sendable {
    /// epoll(7): the kernel keeps the set; a turn costs what is ready.
    case epoll
    /// poll(2): portable; a turn costs what is watched.
    case poll

    func makePoller() throws(SystemError) -> any Poller {
        switch self {
        case .epoll: try EpollPoller()
        case .poll: PollPoller()
        }
    }
}
