import Metrics

/// The request head parser: whatever comes is a request or a refusal that can be answered, the same however it is cut, and
/// what a plain reading of RFC 9112 says.
///
/// Bytes: the bound of a head (one of four); cuts (a count, then byte counts); the head.
public func fuzzHead(_ bytes: [UInt8]) throws(BrokenProperty) {
    var script = Script(bytes)
    let byteLimit = [8192, 16, 64, 256][script.number(below: 4)]
    var cuts = Cuts(script.countedBytes())
    let text = script.takeRest()

    let whole = Verdict(parsing: text)
    try whole.checkAnswer()
    let reference = ReferenceHead(text)
    try hold(whole.agrees(with: reference), orElse: "A head is read as \(whole) where \(reference) is meant.")
    try checkCollecting(text, cuts.cut(text), byteLimit: byteLimit, whole)
}

private func checkCollecting(_ text: [UInt8], _ pieces: [[UInt8]], byteLimit: Int, _ whole: Verdict)
    throws(BrokenProperty)
{
    var collector = HeadCollector(byteLimit: byteLimit)
    do throws(Refusal) {
        for piece in pieces { try collector.collect(piece.span.bytes) }
    } catch {
        try Verdict.refused(error).checkAnswer()
        try hold(collector.bytes.count <= byteLimit, orElse: "\(collector.bytes.count) bytes are kept of \(byteLimit).")
        try hold(
            text.count > byteLimit || whole.isMalformed,
            orElse: "A head of \(text.count) bytes is refused while it comes (\(error)), and whole it is \(whole)."
        )
        return
    }
    try hold(text.count <= byteLimit, orElse: "A head of \(text.count) bytes passes a bound of \(byteLimit).")
    let collected = Verdict(parsing: collector.take())
    try hold(collected == whole, orElse: "In pieces a head is \(collected), and whole it is \(whole).")
    try hold(collector.isEmpty, orElse: "Something of a head is left when it is taken.")
}

private enum Verdict: Equatable {
    case request(RequestHead)
    case refused(Refusal)

    init(parsing text: [UInt8]) {
        do throws(Refusal) {
            self = .request(try RequestHead(parsing: text))
        } catch {
            self = .refused(error)
        }
    }

    var isMalformed: Bool {
        if case .refused(.malformed) = self { true } else { false }
    }

    /// A refusal has a status of the client's or the server's fault, and a sentence that cannot break out of its place.
    func checkAnswer() throws(BrokenProperty) {
        guard case .refused(let refusal) = self else { return }
        let code = refusal.status.rawValue
        try hold((400..<600).contains(code), orElse: "A refusal has the status \(code).")
        let sentence = refusal.sentence
        try hold(
            sentence.hasSuffix(".") && sentence.utf8.allSatisfy { (0x20...0x7e).contains($0) },
            orElse: "A refusal says \(sentence.debugDescription)."
        )
    }

    func agrees(with reference: ReferenceHead) -> Bool {
        switch (self, reference) {
        case (.refused(let refusal), .refused(let status)):
            return refusal.status.rawValue == status
        case (.request(let head), .request(let method, let path, let isLast, let hasBody)):
            let expected: RequestHead.Method = method == "GET" ? .get : method == "HEAD" ? .head : .other
            return head.method == expected && head.path == path && head.isLast == isLast && head.hasBody == hasBody
        default:
            return false
        }
    }
}
