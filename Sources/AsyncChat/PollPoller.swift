import CLinux
import Glibc

/// The poll(2) backend: portable, and told the whole set every turn, so that a turn costs what is watched. For comparison,
/// and for kernels and sandboxes without epoll.
final class PollPoller: Poller {
    /// What is watched, in no order.
    private var watched: ContiguousArray<pollfd> = []
    /// The token of each, at the same place.
    private var tokens: ContiguousArray<UInt64> = []
    /// Where each descriptor number stands; `nowhere` for one not watched.
    private var places: ContiguousArray<Int> = []

    private static let nowhere = -1

    func setInterest(_ interest: Interest, replacing old: Interest, of descriptor: CInt, token: UInt64) {
        guard interest != old else { return }
        let number = Int(descriptor)
        while places.count <= number { places.append(Self.nowhere) }
        if interest.isEmpty { return forget(number) }
        if places[number] == Self.nowhere {
            places[number] = watched.count
            watched.append(pollfd(fd: descriptor, events: 0, revents: 0))
            tokens.append(token)
        }
        watched[places[number]].events = Int16(PeerEndBit.events(for: interest))
        tokens[places[number]] = token
    }

    var batchCount: Int { .max }

    func forgetClosing(_ descriptor: CInt) { forget(Int(descriptor)) }

    /// The last one takes the place of the one that goes.
    private func forget(_ number: Int) {
        let place = places[number]
        guard place != Self.nowhere else { return }
        places[number] = Self.nowhere
        let (last, token) = (watched.removeLast(), tokens.removeLast())
        guard place < watched.count else { return }
        watched[place] = last
        tokens[place] = token
        places[Int(last.fd)] = place
    }

    func wait(
        timeoutMilliseconds: CInt,
        into ready: inout ContiguousArray<ReadyDescriptor>
    ) throws(SystemError) {
        let count = watched.withUnsafeMutableBufferPointer { buffer in
            poll(buffer.baseAddress, nfds_t(buffer.count), timeoutMilliseconds)
        }
        guard count >= 0 else {
            if errno == EINTR { return }
            throw .last("wait for events")
        }
        var left = Int(count)
        for place in watched.indices where left > 0 {
            let events = watched[place].revents
            guard events != 0 else { continue }
            left -= 1
            let readiness = PeerEndBit.readiness(of: UInt32(UInt16(bitPattern: events)))
            ready.append(ReadyDescriptor(token: tokens[place], readiness: readiness))
        }
    }
}
