import AsyncChat
import Glibc

/// A chat channel that lives through a script: whatever happens to it, it does what the models say is due.
///
/// Bytes: nature (bit 7: see `fuzzCuts`; 6: poll(2) instead of epoll(7); 5: gathers; 4, 3, 2: survives errors,
/// disconnections, the end of the peer's stream; 1, 0: alphabet); terminators; then what happens, event by event, and in each
/// what the callbacks do.
public func fuzzChannel(_ bytes: [UInt8]) throws(BrokenProperty) {
    var script = Script(bytes)
    let flags = script.byte()
    guard flags & 128 == 0 else { return try fuzzCuts(&script, flags) }
    let alphabet = Alphabet(flags)
    let nature = FuzzedChannel.Nature(
        survivesErrors: flags & 16 != 0,
        survivesDisconnects: flags & 8 != 0,
        staysOpenAtEnd: flags & 4 != 0,
        alphabet: alphabet,
        terminators: script.terminators(in: alphabet)
    )
    let scene = Scene(backend: flags & 64 != 0 ? .poll : .epoll)
    defer { scene.end() }
    weak var released: FuzzedChannel?
    do {
        let channel = FuzzedChannel(loop: scene.loop, socket: scene.takeSocket(), script: script, nature: nature)
        released = channel
        channel.gathers = flags & 32 != 0
        try live(channel, in: scene)
    }
    try hold(scene.loop.channelCount == 0, orElse: "A closed channel is still in its loop.")
    try hold(released == nil, orElse: "A closed channel is not let go of.")
}

private func live(_ channel: FuzzedChannel, in scene: Scene) throws(BrokenProperty) {
    // What is closed stays closed: a few more events show it.
    var eventsAfterClose = 0
    while !channel.script.isAtEnd, channel.broken == nil, eventsAfterClose < 8 {
        let code = channel.script.byte()
        if code < 128 {
            scene.turn(channel, reads: code & 1 == 0, writes: code & 2 != 0)
        } else {
            channel.perform(code)
        }
        channel.checkAtRest()
        if !channel.isOpen { eventsAfterClose += 1 }
    }
    // The script is over: every send takes all it is offered, and every callback does nothing.
    channel.outputBufferByteCount = 65536
    for _ in 0..<5000 where channel.isOpen && !channel.fifo.isEmpty && channel.broken == nil {
        scene.turn(channel, reads: false, writes: true)
    }
    if channel.broken == nil, channel.script.isAtEnd {
        channel.checkAtRest()
        channel.checkDrained()
    }
    channel.close()
    if let broken = channel.broken { throw broken }
}

/// A loop, and a socket that is always readable and always writable.
private struct Scene {
    let loop: EventLoop
    private let mine: CInt
    private let others: CInt

    init(backend: PollingBackend) {
        var pair: [CInt] = [-1, -1]
        let failure = socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair)
        precondition(failure == 0, "the system gives us no sockets")
        (mine, others) = (pair[0], pair[1])
        let count = write(others, "!", 1)
        precondition(count == 1, "the kernel takes no byte")
        do {
            loop = try EventLoop(backend: backend)
        } catch {
            preconditionFailure("the system gives us no loop: \(error)")
        }
        loop.reportError = { channel, _ in (channel as? FuzzedChannel)?.noteReport() }
    }

    func takeSocket() -> Socket { Socket(owning: mine) }

    func turn(_ channel: FuzzedChannel, reads: Bool, writes: Bool) {
        channel.takesReads = reads
        channel.takesWrites = writes
        channel.interestMayHaveChanged()
        loop.turn(timeout: .zero)
    }

    func end() {
        close(others)
    }
}
