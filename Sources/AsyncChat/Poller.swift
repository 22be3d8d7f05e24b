/// Asks the kernel which descriptors are ready: the part of the loop that differs between backends.
///
/// Level-triggered: what is not dealt with is told again next turn. Loop thread only.
protocol Poller: AnyObject {
    /// Tells the kernel what a descriptor is watched for from now on. No interest means that it is not watched at all,
    /// not even for hang-up, which would be told for ever.
    func setInterest(_ interest: Interest, replacing old: Interest, of descriptor: CInt, token: UInt64)
        throws(SystemError)

    /// A watched descriptor is about to be closed, and nobody else has it.
    func forgetClosing(_ descriptor: CInt)

    /// How many ready descriptors one turn takes at most.
    var batchCount: Int { get }

    /// Waits until something is ready or the time is over, and appends what is.
    ///
    /// - Parameter timeoutMilliseconds: -1 waits without bound.
    func wait(timeoutMilliseconds: CInt, into ready: inout ContiguousArray<ReadyDescriptor>)
        throws(SystemError)
}

/// One descriptor the kernel has news of, by the token it was watched with.
struct ReadyDescriptor {
    let token: UInt64
    let readiness: Readiness
}

/// What a channel asks the kernel to watch for: the bits of epoll(7), which are poll(2)'s.
struct Interest: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = Interest(rawValue: 0x01)
    /// TCP's urgent data.
    static let urgent = Interest(rawValue: 0x02)
    static let write = Interest(rawValue: 0x04)
}

/// What the kernel says about a descriptor, in the same bits.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = Readiness(rawValue: 0x01)
    /// TCP's urgent data is there.
    static let urgent = Readiness(rawValue: 0x02)
    static let write = Readiness(rawValue: 0x04)
    /// The peer is gone (HUP), an error is pending (ERR), or the descriptor is none (NVAL): there may still be bytes to read
    /// before it shows. Any of the three is it: ask `isHungUp`.
    static let hangUp = Readiness(rawValue: 0x38)

    /// The peer has ended its stream (RDHUP): what there is to read is the rest of it. Told with every `read` interest.
    static let peerEnded = Readiness(rawValue: 0x80)

    var isHungUp: Bool { !isDisjoint(with: .hangUp) }
}

/// RDHUP lies beyond the eight bits that `Interest` and `Readiness` keep. Asked for wherever reading is: who does not read is not
/// to be told of it for ever.
enum PeerEndBit {
    private static let inKernel: UInt32 = 0x2000

    @inline(__always)
    static func events(for interest: Interest) -> UInt32 {
        UInt32(interest.rawValue) | (interest.contains(.read) ? inKernel : 0)
    }

    @inline(__always)
    static func readiness(of events: UInt32) -> Readiness {
        // 0x2000 >> 6 is 0x80.
        Readiness(rawValue: UInt8(truncatingIfNeeded: events | (events & inKernel) >> 6))
    }
}
