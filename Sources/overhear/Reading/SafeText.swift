/// Makes bytes safe to show in one line of a terminal, without ambiguity: what is printable stays, everything else is
/// written as an escape, a backslash included.
///
/// Text that would turn the direction of writing, hide, or move the cursor is not printable, whatever its encoding.
enum SafeText {
    /// - Parameter columns: how wide it may become; what is cut away shows as `…`.
    static func shown(_ bytes: some Collection<UInt8>, columns: Int = .max) -> String {
        var shown = ""
        var width = 0
        // Where to cut if more comes than fits beside the mark.
        var cut: String.Index?
        for piece in pieces(of: bytes) {
            if cut == nil, width + piece.columns > columns - 1 { cut = shown.endIndex }
            guard width + piece.columns <= columns else { return String(shown[..<(cut ?? shown.endIndex)]) + "…" }
            shown += piece.text
            width += piece.columns
        }
        return shown
    }

    static func shown(_ text: String) -> String { shown(text.utf8) }

    private typealias Piece = (text: String, columns: Int)

    private static func pieces(of bytes: some Collection<UInt8>) -> some Sequence<Piece> {
        var parser = UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var index = bytes.startIndex
        return AnyIterator<Piece> {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return nil
            case .valid(let encoded):
                index = bytes.index(index, offsetBy: encoded.count)
                return piece(UTF8.decode(encoded))
            case .error(let length):
                let end = bytes.index(index, offsetBy: length)
                let text = bytes[index..<end].map { "\\x" + hex($0) }.joined()
                index = end
                return (text, text.count)
            }
        }
    }

    private static func piece(_ scalar: Unicode.Scalar) -> Piece {
        switch scalar {
        case "\n": return ("\\n", 2)
        case "\r": return ("\\r", 2)
        case "\t": return ("\\t", 2)
        case "\\": return ("\\\\", 2)
        case " "..."~": return (String(scalar), 1)
        case _ where scalar.value < 0x80: return ("\\x" + hex(UInt8(scalar.value)), 4)
        case _ where isPrintable(scalar): return (String(scalar), scalar.value < 0x1100 ? 1 : 2)
        default:
            let text = "\\u{\(String(scalar.value, radix: 16))}"
            return (text, text.count)
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
