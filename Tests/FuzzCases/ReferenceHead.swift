/// A request head read byte by byte, as RFC 9112 and the parser's own strictness say, and as simply as can be.
enum ReferenceHead: Equatable {
    case request(method: String, path: String, isLast: Bool, hasBody: Bool)
    /// With this status.
    case refused(Int)

    init(_ head: [UInt8]) {
        do throws(Refused) {
            self = try Self.read(head)
        } catch {
            self = .refused(error.status)
        }
    }

    private struct Refused: Error {
        var status = 400
    }

    private static func read(_ head: [UInt8]) throws(Refused) -> ReferenceHead {
        var lines = cut(head, at: Array("\r\n".utf8))
        for byte in lines.joined() where (byte < 0x20 && byte != 0x09) || byte == 0x7f { throw Refused() }
        if lines.count > 1, lines[0].isEmpty { lines.removeFirst() }

        let words = cut(lines[0], at: [0x20])
        guard words.count == 3, isToken(words[0]) else { throw Refused() }
        guard !words[1].isEmpty, words[1].allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw Refused() }
        let version = words[2]
        guard version.count == 8, version.starts(with: "HTTP/".utf8), version[6] == UInt8(ascii: ".") else {
            throw Refused()
        }
        guard isDigit(version[5]), isDigit(version[7]) else { throw Refused() }
        if version[5] != UInt8(ascii: "1") { throw Refused(status: 505) }

        var closes = false
        var lengths: [[UInt8]] = []
        var isTransferEncoded = false
        var hostCount = 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(Array(line[..<colon])) else {
                throw Refused()
            }
            let value = trimmed(Array(line[(colon + 1)...]))
            switch lowercased(Array(line[..<colon])) {
            case Array("content-length".utf8): lengths.append(value)
            case Array("transfer-encoding".utf8): isTransferEncoded = true
            case Array("host".utf8):
                hostCount += 1
                guard hostCount == 1 else { throw Refused() }
            case Array("connection".utf8):
                let options = cut(value, at: [UInt8(ascii: ",")]).map { lowercased(trimmed($0)) }
                if options.contains(Array("close".utf8)) { closes = true }
            default: break
            }
        }
        for length in lengths where length.isEmpty || length != lengths[0] || !length.allSatisfy(isDigit) {
            throw Refused()
        }
        if isTransferEncoded { throw Refused(status: lengths.isEmpty ? 501 : 400) }
        let hasBody = lengths.contains { $0.contains { $0 != UInt8(ascii: "0") } }
        return .request(
            method: text(words[0]),
            path: text(path(of: words[1])),
            isLast: version[7] == UInt8(ascii: "0") || closes || hasBody,
            hasBody: hasBody
        )
    }

    /// For an absolute target, what follows the authority, which ends where a path, a query or a fragment begins (RFC 3986).
    private static func path(of target: [UInt8]) -> [UInt8] {
        let (slash, question, hash) = (UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"))
        var path = target
        for scheme in ["http://", "https://"] where lowercased(target).starts(with: scheme.utf8) {
            path = Array(target.dropFirst(scheme.utf8.count).drop { $0 != slash && $0 != question && $0 != hash })
            if path.first != slash { path = [slash] + path }
        }
        return Array(path.prefix { $0 != question && $0 != hash })
    }

    private static func cut(_ bytes: [UInt8], at separator: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: separator) {
                pieces.append([])
                index += separator.count
            } else {
                pieces[pieces.count - 1].append(bytes[index])
                index += 1
            }
        }
        return pieces
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    }

    private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isToken(_ bytes: [UInt8]) -> Bool {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        return !bytes.isEmpty
            && bytes.allSatisfy {
                isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) && $0 < 0x80
                    || marks.contains($0)
            }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
