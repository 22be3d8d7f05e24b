/// What is fuzzed: each case turns arbitrary bytes into something to do, does it, and throws where a property breaks.
///
/// A case is a pure function of its bytes, so that a file that broke something once is a test for ever: libFuzzer looks for
/// such files (`make fuzz`), the corpora keep them, and `FuzzTests` runs them with every other test.
public enum FuzzCase: String, CaseIterable, Sendable {
    /// `TerminatorScanner` and `findPrefixAtEnd` against asynchat's algorithm as it is described.
    case scanner
    /// `ChatChannel` on a real loop, with everything that can happen to it scripted.
    case channel
    /// What the metrics port makes of a request head.
    case head
    /// The framers of the relay, whatever is said and however it is cut.
    case framer

    /// Does what these bytes say.
    public func run(_ bytes: [UInt8]) throws(BrokenProperty) {
        switch self {
        case .scanner: try fuzzScanner(bytes)
        case .channel: try fuzzChannel(bytes)
        case .head: try fuzzHead(bytes)
        case .framer: try fuzzFramer(bytes)
        }
    }
}

/// Something that should hold for all input does not.
public struct BrokenProperty: Error, Equatable, CustomStringConvertible {
    /// What does not hold, in a sentence.
    public let description: String

    init(_ sentence: String) {
        description = sentence
    }
}

/// Throws the sentence, which says what must never be, unless the condition holds.
func hold(_ condition: Bool, orElse sentence: @autoclosure () -> String) throws(BrokenProperty) {
    if !condition { throw BrokenProperty(sentence()) }
}
