import AsyncChat

/// What a channel has to send, as whoever pushed it sees it: everything in the order of the pushes.
struct OutputModel {
    enum Entry {
        case bytes([UInt8])
        case producer(any Producer)
        case close
        case shutdownWrite
    }

    private(set) var entries: [Entry] = []
    /// Counts how often everything was thrown away.
    private(set) var discards = 0

    /// The bytes that are to leave next, as far as nothing else stands between them.
    var dueBytes: [UInt8] {
        var due: [UInt8] = []
        for case .bytes(let bytes) in entries.prefix(while: \.isBytes) { due += bytes }
        return due
    }

    mutating func push(_ entry: Entry) {
        if case .bytes(let bytes) = entry, bytes.isEmpty { return }
        entries.append(entry)
    }

    /// Bytes left. They were due.
    mutating func sent(_ byteCount: Int) {
        var left = byteCount
        while left > 0, case .bytes(let bytes)? = entries.first {
            entries.removeFirst()
            if bytes.count > left { entries.insert(.bytes(Array(bytes.dropFirst(left))), at: 0) }
            left -= min(left, bytes.count)
        }
    }

    mutating func removeFirst() { entries.removeFirst() }

    /// A producer, which is the oldest entry, made a piece.
    mutating func produced(_ bytes: [UInt8]) {
        entries.insert(.bytes(bytes), at: 0)
    }

    mutating func discard() {
        entries = []
        discards += 1
    }

    /// Close markers that come up while the channel is ending have nothing left to do.
    mutating func passCloses() {
        while entries.first?.isClose ?? false { entries.removeFirst() }
    }

    /// Is this what a channel says is waiting? Where bytes are cut does not matter, and after the end whether a close marker
    /// still came up.
    func matches(_ waiting: [ProducerFIFO.Item], isOpen: Bool) -> Bool {
        let mine = Self.joined(entries.map(Piece.init))
        let theirs = Self.joined(waiting.map(Piece.init))
        if isOpen { return mine == theirs }
        return mine.drop { $0 == .close }.elementsEqual(theirs.drop { $0 == .close })
    }

    private enum Piece: Equatable {
        case bytes([UInt8])
        case producer(ObjectIdentifier)
        case close
        case shutdownWrite

        init(_ entry: Entry) {
            switch entry {
            case .bytes(let bytes): self = .bytes(bytes)
            case .producer(let producer): self = .producer(ObjectIdentifier(producer))
            case .close: self = .close
            case .shutdownWrite: self = .shutdownWrite
            }
        }

        init(_ item: ProducerFIFO.Item) {
            switch item {
            case .bytes(let bytes): self = .bytes(bytes)
            case .producer(let producer): self = .producer(ObjectIdentifier(producer))
            case .close: self = .close
            case .shutdownWrite: self = .shutdownWrite
            }
        }
    }

    private static func joined(_ pieces: [Piece]) -> [Piece] {
        var joined: [Piece] = []
        for piece in pieces {
            if case .bytes(let more) = piece, case .bytes(let bytes)? = joined.last {
                joined[joined.count - 1] = .bytes(bytes + more)
            } else {
                joined.append(piece)
            }
        }
        return joined
    }
}

extension OutputModel.Entry {
    var isBytes: Bool {
        if case .bytes = self { true } else { false }
    }

    var isClose: Bool {
        if case .close = self { true } else { false }
    }

    var isShutdownWrite: Bool {
        if case .shutdownWrite = self { true } else { false }
    }

    func isProducer(_ producer: any Producer) -> Bool {
        if case .producer(let mine) = self { mine === producer } else { false }
    }
}
