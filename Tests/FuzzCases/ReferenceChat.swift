import AsyncChat

/// asynchat's terminators, as the reference understands them.
enum ReferenceTerminator: Equatable {
    case bytes([UInt8])
    case count(Int)
    case none

    /// The same for the engine.
    var terminator: Terminator {
        switch self {
        case .bytes(let bytes): .bytes(Delimiter(bytes))
        case .count(let count): .count(count)
        case .none: .none
        }
    }
}

/// asynchat's read algorithm as its description goes, without any thought for speed: what the engine is held against.
///
/// Keeps what is received and not delivered in one array, looks for the terminator from its beginning in every step, and
/// re-reads the terminator before each.
struct ReferenceChat {
    var terminator: ReferenceTerminator
    /// Received and not delivered.
    var buffer: [UInt8] = []

    enum Event: Equatable {
        case collect([UInt8])
        case found
    }

    /// What is done with the beginning of the buffer.
    struct Step: Equatable {
        /// Bytes of the message, which may be none.
        var content: [UInt8]
        /// How many bytes of terminator follow them; nil where the message goes on.
        var terminatorByteCount: Int?
        /// What is left may be the beginning of the terminator: nothing more happens until the next read.
        var waits = false

        var consumedByteCount: Int { content.count + (terminatorByteCount ?? 0) }
        /// There is nothing to tell anybody.
        var isSilent: Bool { content.isEmpty && terminatorByteCount == nil }
    }

    /// The step that is due for a buffer that is not empty.
    var dueStep: Step {
        switch terminator {
        case .bytes(let wanted) where !wanted.isEmpty:
            if let start = Self.firstIndex(of: wanted, in: buffer) {
                return Step(content: Array(buffer[..<start]), terminatorByteCount: wanted.count)
            }
            let kept = Self.prefixAtEnd(of: buffer, wanted)
            return Step(content: buffer.dropLast(kept), waits: kept > 0)
        case .count(let count) where count > buffer.count:
            return Step(content: buffer)
        case .count(let count) where count > 0:
            return Step(content: Array(buffer.prefix(count)), terminatorByteCount: 0)
        case .bytes, .count, .none:
            return Step(content: buffer)
        }
    }

    /// Consumes the step that is due, and counts down what it has to: before anybody is told.
    mutating func takeStep() -> Step {
        let step = dueStep
        if case .count(let count) = terminator, count > 0 { terminator = .count(count - step.content.count) }
        buffer.removeFirst(step.consumedByteCount)
        return step
    }

    /// A read event: `tell` gets what happens and may answer with a new terminator.
    mutating func read(_ bytes: [UInt8], tell: (Event) -> ReferenceTerminator?) {
        buffer += bytes
        while !buffer.isEmpty {
            let step = takeStep()
            if !step.content.isEmpty { terminator = tell(.collect(step.content)) ?? terminator }
            if step.terminatorByteCount != nil { terminator = tell(.found) ?? terminator }
            if step.waits { return }
        }
    }

    private static func firstIndex(of wanted: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first { bytes[$0...].starts(with: wanted) }
    }

    /// The length of the longest beginning of `needle`, short of the whole, that `haystack` ends with.
    static func prefixAtEnd(of haystack: [UInt8], _ needle: [UInt8]) -> Int {
        let longest = min(haystack.count, max(0, needle.count - 1))
        return (0...longest).last { haystack.suffix($0).elementsEqual(needle.prefix($0)) } ?? 0
    }
}
