package import AsyncChat

/// Accepts scrapers, so many at once and no more.
///
/// When one more comes, the connection that has waited longest for its client to say something is closed: an idle
/// keep-alive, or a head that does not get finished. Only where all are being answered is the newcomer let go.
package final class MetricsListener: Dispatcher {
    private let site: MetricsSite
    private let limits: MetricsLimits
    private var channels: [MetricsChannel] = []
    private var isSweeping = false

    /// `listen(on:)` comes next.
    package init(loop: EventLoop, site: MetricsSite, limits: MetricsLimits = MetricsLimits()) {
        self.site = site
        self.limits = limits
        super.init(loop: loop)
    }

    /// How many scrapers are connected.
    package var connectionCount: Int { channels.count { $0.isOpen } }

    package override func handleAccepted(_ socket: consuming Socket, from peer: SocketAddress) {
        guard makeRoom() else { return }
        // An answer is a few sends: none of them should wait for the acknowledgement of the one before.
        socket.set(.noDelay, true)
        channels.append(MetricsChannel(loop: loop, socket: socket, site: site, limits: limits))
        sweepLater()
    }

    /// Closes the listener and everybody connected to it.
    package override func close() {
        if isOpen, case .unix(let path)? = address { UnixSocketFile.remove(path) }
        super.close()
        for channel in channels { channel.close() }
        channels.removeAll()
    }

    private func makeRoom() -> Bool {
        channels.removeAll { !$0.isOpen }
        guard channels.count >= limits.connectionCount else { return true }
        let waiting = channels.indices.filter { channels[$0].isWaitingForHead }
        guard let longest = waiting.min(by: { channels[$0].waitingSince < channels[$1].waitingSince }) else {
            return false
        }
        channels.remove(at: longest).close()
        return true
    }

    /// Deadlines are looked at once a second, while there are any: a timer for every request would cost more.
    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        loop.schedule(after: .seconds(1)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        isSweeping = false
        channels.removeAll { !$0.isOpen }
        for channel in channels { channel.closeIfOverdue() }
        if !channels.isEmpty { sweepLater() }
    }
}
