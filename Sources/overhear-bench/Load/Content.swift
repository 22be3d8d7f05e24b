/// What messages look like, which says how a relay that hears messages is to hear them.
///
/// All of them end in LF, by which the echo that says goodbye knows a whole one.
enum Content: Sendable {
    case lines
    /// Redis' protocol: a SET, which is as good an answer as a request.
    case resp
    /// PostgreSQL's protocol: CopyData, which both sides may send.
    case postgres

    /// The framing's name, as `overhear run --framing` has it.
    var framing: String {
        switch self {
        case .lines: "lf"
        case .resp: "resp"
        case .postgres: "postgres"
        }
    }

    func message(_ byteCount: Int) -> [UInt8] {
        switch self {
        case .lines:
            return Self.filling(byteCount - 1) + [0x0A]
        case .resp:
            let head = "*3\r\n$3\r\nSET\r\n$8\r\nkey:0042\r\n$"
            // The digits of the value's length are part of the message.
            let rest = byteCount - head.utf8.count - 4
            let length = rest - "\(rest)".utf8.count
            return Array("\(head)\(length)\r\n".utf8) + Self.filling(length) + [0x0D, 0x0A]
        case .postgres:
            let length = UInt32(byteCount - 1).bigEndian
            return [UInt8(ascii: "d")] + withUnsafeBytes(of: length, Array.init) + Self.filling(byteCount - 6) + [0x0A]
        }
    }

    /// What a client says before anything else, and what it is answered; nil where it begins with a message.
    var greeting: (request: [UInt8], answer: [UInt8])? {
        guard case .postgres = self else { return nil }
        let parameters = Array("user\0bench\0\0".utf8)
        let length = UInt32(8 + parameters.count).bigEndian
        let request = withUnsafeBytes(of: length, Array.init) + [0, 3, 0, 0] + parameters
        // AuthenticationOk.
        return (request, [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 0])
    }

    /// Visible characters, none of them LF or CR.
    private static func filling(_ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(0x21 + $0 % 0x5e) }
    }
}
