import Traffic

/// PostgreSQL's frontend/backend protocol, version 3 (postgresql.org/docs/current/protocol.html).
///
/// A message is a type byte, a length that counts itself, and a body; the client's first ones have no type. An SSLRequest is
/// answered by a single byte: after `S` both directions are encrypted, and chunks.
struct PostgresFramer: Framer {
    private enum Phase { case startup, typed, body, answer }

    private var phase = PerDirection(upstream: Phase.startup, downstream: Phase.typed)
    /// The client has sent its StartupMessage.
    private var isStarted = false
    /// The client has asked whether it may encrypt, and this is the kind of the answer.
    private var encryptionAnswer: String?
    private var isEncrypted = false
    /// What the server last asked for to authenticate, which is what the client's `p` answers.
    private var authentication: UInt64 = 0
    /// The type of the message whose body comes.
    private var type = PerDirection(both: UInt8(0))

    /// The server takes no longer one (MAX_STARTUP_PACKET_LENGTH).
    private static let longestStartup: UInt64 = 10_000
    /// The server allocates no more for one.
    private static let longestMessage: UInt64 = 1 << 30

    mutating func begin(_ direction: Direction) -> Part {
        if isEncrypted { return .chunks }
        switch direction {
        case .upstream where !isStarted:
            phase.upstream = .startup
            return .count(8, seeing: 8)
        case .downstream where encryptionAnswer != nil:
            phase.downstream = .answer
            return .count(1)
        default:
            phase[direction] = .typed
            return .count(5, seeing: 5)
        }
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        switch phase[direction] {
        case .startup: return startup(seen, &remarks)
        case .answer: return answered(by: last, &remarks)
        case .typed: return typed(direction, seen, &remarks)
        case .body:
            if direction == .downstream, type.downstream == UInt8(ascii: "R"), seen.byteCount == 4 {
                authentication = seen.bigEndian(4, at: 0)
                if let kind = Self.authenticationKind(authentication) { remarks.kind = kind }
            }
            return .ends
        }
    }

    func wholeByteCount(_ direction: Direction, in bytes: RawSpan, _ remarks: inout Remarks) -> Int? {
        guard isStarted, !isEncrypted, encryptionAnswer == nil, bytes.byteCount >= 5 else { return nil }
        let type = bytes[byte: 0]
        let length = bytes.bigEndian(4, at: 1)
        // What authenticates is told by its body.
        guard type != UInt8(ascii: "R"), length >= 4, length < bytes.byteCount else { return nil }
        guard let kind = direction == .upstream ? frontendKind(type) : Self.backendKind(type) else { return nil }
        remarks.kind = kind
        return Int(length) + 1
    }

    private mutating func startup(_ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        // A TLS record: the client encrypts without asking.
        if seen[byte: 0] == 0x16, seen[byte: 1] == 3 {
            isEncrypted = true
            remarks.kind = "TLS"
            return .ends
        }
        let (length, code) = (seen.bigEndian(4, at: 0), seen.bigEndian(4, at: 4))
        guard (8...Self.longestStartup).contains(length) else {
            return remarks.lost("a startup packet has \(length) bytes")
        }
        switch (code >> 16, code & 0xFFFF) {
        case (1234, 5678): remarks.kind = "CancelRequest"
        case (1234, 5679):
            remarks.kind = "SSLRequest"
            encryptionAnswer = "SSLResponse"
        case (1234, 5680):
            remarks.kind = "GSSENCRequest"
            encryptionAnswer = "GSSENCResponse"
        case (3, _):
            remarks.kind = "StartupMessage"
            isStarted = true
        default: return remarks.lost("there is no protocol version \(code >> 16).\(code & 0xFFFF)")
        }
        guard length > 8 else { return .ends }
        phase.upstream = .body
        return .goesOn(.count(Int(length) - 8))
    }

    private mutating func answered(by byte: UInt8, _ remarks: inout Remarks) -> Verdict {
        let kind = encryptionAnswer ?? ""
        encryptionAnswer = nil
        switch byte {
        case UInt8(ascii: "S"), UInt8(ascii: "G"):
            isEncrypted = true
            remarks.kind = "\(kind) \(Unicode.Scalar(byte))"
        case UInt8(ascii: "N"):
            remarks.kind = "\(kind) N"
        case UInt8(ascii: "E"):
            // A server that knows no such request answers with an error message, of which this was the type.
            type.downstream = byte
            phase.downstream = .typed
            remarks.kind = "ErrorResponse"
            return .goesOn(.count(4, seeing: 4))
        default:
            return remarks.lost("a request for encryption is answered by neither S, G, N nor E")
        }
        return .ends
    }

    private mutating func typed(_ direction: Direction, _ seen: RawSpan, _ remarks: inout Remarks) -> Verdict {
        let hasType = seen.byteCount == 5
        if hasType { type[direction] = seen[byte: 0] }
        let kind = direction == .upstream ? frontendKind(type.upstream) : Self.backendKind(type.downstream)
        guard let kind else { return remarks.lost("there is no message of type '\(Kind.text(seen, 0..<1))'") }
        remarks.kind = kind
        let length = seen.bigEndian(4, at: hasType ? 1 : 0)
        guard (4...Self.longestMessage).contains(length) else { return remarks.lost("a message has \(length) bytes") }
        guard length > 4 else { return .ends }
        phase[direction] = .body
        let asks = direction == .downstream && type.downstream == UInt8(ascii: "R")
        return .goesOn(.count(Int(length) - 4, seeing: asks ? 4 : 0))
    }

    private func frontendKind(_ type: UInt8) -> String? {
        switch type {
        case UInt8(ascii: "B"): "Bind"
        case UInt8(ascii: "C"): "Close"
        case UInt8(ascii: "D"): "Describe"
        case UInt8(ascii: "E"): "Execute"
        case UInt8(ascii: "F"): "FunctionCall"
        case UInt8(ascii: "H"): "Flush"
        case UInt8(ascii: "P"): "Parse"
        case UInt8(ascii: "Q"): "Query"
        case UInt8(ascii: "S"): "Sync"
        case UInt8(ascii: "X"): "Terminate"
        case UInt8(ascii: "c"): "CopyDone"
        case UInt8(ascii: "d"): "CopyData"
        case UInt8(ascii: "f"): "CopyFail"
        case UInt8(ascii: "p"):
            switch authentication {
            case 7, 8, 9: "GSSResponse"
            case 10: "SASLInitialResponse"
            case 11: "SASLResponse"
            default: "PasswordMessage"
            }
        default: nil
        }
    }

    private static func backendKind(_ type: UInt8) -> String? {
        switch type {
        case UInt8(ascii: "1"): "ParseComplete"
        case UInt8(ascii: "2"): "BindComplete"
        case UInt8(ascii: "3"): "CloseComplete"
        case UInt8(ascii: "A"): "NotificationResponse"
        case UInt8(ascii: "C"): "CommandComplete"
        case UInt8(ascii: "D"): "DataRow"
        case UInt8(ascii: "E"): "ErrorResponse"
        case UInt8(ascii: "G"): "CopyInResponse"
        case UInt8(ascii: "H"): "CopyOutResponse"
        case UInt8(ascii: "I"): "EmptyQueryResponse"
        case UInt8(ascii: "K"): "BackendKeyData"
        case UInt8(ascii: "N"): "NoticeResponse"
        case UInt8(ascii: "R"): "Authentication"
        case UInt8(ascii: "S"): "ParameterStatus"
        case UInt8(ascii: "T"): "RowDescription"
        case UInt8(ascii: "V"): "FunctionCallResponse"
        case UInt8(ascii: "W"): "CopyBothResponse"
        case UInt8(ascii: "Z"): "ReadyForQuery"
        case UInt8(ascii: "c"): "CopyDone"
        case UInt8(ascii: "d"): "CopyData"
        case UInt8(ascii: "n"): "NoData"
        case UInt8(ascii: "s"): "PortalSuspended"
        case UInt8(ascii: "t"): "ParameterDescription"
        case UInt8(ascii: "v"): "NegotiateProtocolVersion"
        default: nil
        }
    }

    private static func authenticationKind(_ code: UInt64) -> String? {
        switch code {
        case 0: "AuthenticationOk"
        case 2: "AuthenticationKerberosV5"
        case 3: "AuthenticationCleartextPassword"
        case 5: "AuthenticationMD5Password"
        case 7: "AuthenticationGSS"
        case 8: "AuthenticationGSSContinue"
        case 9: "AuthenticationSSPI"
        case 10: "AuthenticationSASL"
        case 11: "AuthenticationSASLContinue"
        case 12: "AuthenticationSASLFinal"
        default: nil
        }
    }
}
