package import Traffic

/// Hears messages in what a session's two directions say: as each read comes, it tells which stretches of it are which
/// message's.
///
/// One for each session and framing; the base class of those that are made for one framer, so that what is done for each
/// part of a message is compiled for that framer, and only a whole read is passed on dynamically.
package class Hearing {
    /// Hears what was read at a moment.
    package func hear(_ bytes: RawSpan, _ direction: Direction, at: Timestamp, _ listener: any HearingListener) {}

    /// A direction is over: what is undecided has to be decided.
    package func end(_ direction: Direction, _ listener: any HearingListener) {}

    /// How many bytes of a direction were not passed on yet.
    package func undecidedByteCount(_ direction: Direction) -> Int { 0 }
}

/// Is told what a `Hearing` hears, in the middle of its work: it must not make it hear anything, or end it, from there.
package protocol HearingListener: AnyObject {
    /// A stretch of a message; it ends the message, or the message goes on.
    func heard(
        _ bytes: RawSpan,
        _ ending: Ending?,
        kind: String?,
        _ direction: Direction,
        at: Timestamp
    )

    /// `auto` has recognised a framing, or found that it is none it knows.
    func framingRecognised(_ framing: Framing)

    /// The framing of a direction has lost its way, and records the rest as chunks.
    func framingLost(_ direction: Direction, why: String)
}

/// Hears with one framer.
final class FramedHearing: Hearing {
    /// What is known of both directions.
    private final class State<Playing: Framer> {
        var framer: Playing
        var upstream = Cutter()
        var downstream = Cutter()

        init(_ framer: Playing) {
            self.framer = framer
        }
    }

    /// Used by way of `hear`; here so that somebody who looks into a hearing sees what it keeps.
    private let state: AnyObject
    /// Hears a read. A closure, because the compiler makes one for each framer that `init` is called with, while it compiles
    /// the methods of a generic class but once for all: a message in RESP took three times the instructions.
    private let hear: (RawSpan, Direction, Timestamp, any HearingListener) -> Void

    init(_ framer: some Framer) {
        let state = State(framer)
        self.state = state
        hear = { bytes, direction, at, listener in
            switch direction {
            case .upstream: state.upstream.hear(bytes, direction, at: at, &state.framer, listener)
            case .downstream: state.downstream.hear(bytes, direction, at: at, &state.framer, listener)
            }
        }
    }

    override func hear(_ bytes: RawSpan, _ direction: Direction, at: Timestamp, _ listener: any HearingListener) {
        guard !bytes.isEmpty else { return }
        hear(bytes, direction, at, listener)
    }
}
