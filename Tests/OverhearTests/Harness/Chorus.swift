import Glibc

/// Many clients on one thread; each sends its next line when the one before has come back, and checks every byte.
enum Chorus {
    /// - Returns: how many lines each client sent and got back.
    static func sing(_ count: Int, at address: String, for seconds: Double) throws -> [Int] {
        var singers = try (0..<count).map { Singer(number: $0, wire: try Wire(to: address)) }
        var polled = singers.map { pollfd(fd: $0.wire.descriptor, events: Int16(POLLIN), revents: 0) }
        for index in singers.indices { try singers[index].sendNext() }
        let end = ContinuousClock.now + .seconds(seconds)
        let deadline = end + .seconds(60)
        var singing = count
        while singing > 0 {
            guard ContinuousClock.now < deadline else { throw Trouble("\(singing) clients wait for an answer in vain") }
            guard poll(&polled, nfds_t(polled.count), 100) > 0 else { continue }
            let isOver = ContinuousClock.now >= end
            for index in polled.indices where polled[index].revents != 0 {
                guard try singers[index].receive() else { continue }
                if isOver {
                    polled[index].fd = -1
                    singing -= 1
                } else {
                    try singers[index].sendNext()
                }
            }
        }
        for singer in singers {
            singer.wire.shutdownWrite()
            guard try singer.wire.receiveToEnd().bytes.isEmpty else { throw Trouble("an answer too many") }
        }
        return singers.map(\.lineCount)
    }

    private struct Singer {
        let number: Int
        let wire: Wire
        var lineCount = 0
        private var awaited: [UInt8] = []

        init(number: Int, wire: Wire) {
            self.number = number
            self.wire = wire
        }

        mutating func sendNext() throws {
            awaited = Array("client \(number) says line \(lineCount + 1)\n".utf8)
            try wire.send(awaited)
        }

        /// True once the whole line is back.
        mutating func receive() throws -> Bool {
            let bytes = try wire.receiveSome(atMost: 256)
            guard !bytes.isEmpty, awaited.starts(with: bytes) else {
                throw Trouble("client \(number) awaited \(awaited) and got \(bytes)")
            }
            awaited.removeFirst(bytes.count)
            if awaited.isEmpty { lineCount += 1 }
            return awaited.isEmpty
        }
    }
}
