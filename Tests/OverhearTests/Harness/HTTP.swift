/// An HTTP answer, read off the wire byte by byte so that nothing is forgiven.
struct Answer {
    let status: Int
    let fields: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Wire {
    /// Reads one answer, by its Content-Length.
    func receiveAnswer(hasBody: Bool = true) throws -> Answer {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try receive(exactly: 1) }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = lines[0].split(separator: " ")
        guard words.count > 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Trouble("\(lines[0]) is no status line")
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        guard let length = fields["content-length"].flatMap({ Int($0) }) else { throw Trouble("no Content-Length") }
        return Answer(status: status, fields: fields, body: hasBody ? try receive(exactly: length) : [])
    }
}

/// What `/metrics` says, as series and values.
struct Scrape {
    let text: String
    private let values: [Substring: Double]

    init(_ text: String) {
        self.text = text
        var values: [Substring: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            values[line[..<blank]] = Double(line[line.index(after: blank)...])
        }
        self.values = values
    }

    /// A series as it is written: `overhear_sessions_active{route="default"}`.
    subscript(series: String) -> Double? { values[series[...]] }

    /// All series of a family that have this label, summed.
    func sum(_ family: String, having label: String = "") -> Double {
        values.filter {
            ($0.key.hasPrefix(family + "{") || $0.key == family) && (label.isEmpty || $0.key.contains(label))
        }
        .reduce(0) { $0 + $1.value }
    }
}
