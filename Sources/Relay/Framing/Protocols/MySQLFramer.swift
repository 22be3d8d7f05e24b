import Traffic

/// MySQL's and MariaDB's client/server protocol (dev.mysql.com/doc/dev/mysql-server, "Client/Server Protocol").
///
/// A packet is a length of three bytes, a sequence number and a payload; after one of 16 MiB less a byte the next packet goes
/// on with the same message. What the packets of an answer are depends on the command, and on those before them. TLS and
/// compression begin where the handshake has agreed on them.
struct MySQLFramer: Framer {
    /// Where the conversation stands: what the server's next packet can be.
    private enum Stage {
        case greeting, authentication
        /// The first packet of an answer.
        case answer
        /// Of a table: so many columns are still to be described.
        case columns(UInt64)
        /// Of a table: rows until a packet that says that they end.
        case rows
    }

    private struct Packet {
        /// The payload comes; else the header.
        var isPayload = false
        /// The packet at hand goes on with an earlier one.
        var isContinuation = false
        /// The packet at hand is of full length, so that another goes on with it.
        var isFull = false
        var byteCount = 0
        var sequence: UInt8 = 0
    }

    /// A command that has not been answered yet.
    private struct Command {
        let code: UInt8
        /// The sequence number that its answer begins with.
        var answerSequence: UInt8 = 1
    }

    private var packets = PerDirection(both: Packet())
    private var stage = Stage.greeting
    /// The command that is being answered.
    private var command: UInt8 = 0
    /// Commands that wait for their answer: a client need not wait before it sends the next.
    private var waiting: [Command] = []
    /// The message at hand is the last of them.
    private var isCommand = false
    /// Of the server's latest packet.
    private var latestSequence: UInt8 = 0
    private var isEncrypted = false
    private var isCompressed = false
    private var serverCapabilities: UInt64 = 0
    /// What client and server both can.
    private var capabilities: UInt64 = 0
    /// MariaDB only: a table says whether its columns are described, for the client may know them.
    private var mayOmitColumns = false

    private static let fullByteCount = 0xFF_FFFF
    /// So many commands that wait are remembered; kinds of answers to further ones may be wrong.
    private static let mostWaiting = 256
    /// Enough of a payload to name it; of the greeting, for the server's version and the capabilities behind it.
    private static let seenOfPayload = 128
    // Capability flags.
    private static let isMySQL: UInt64 = 0x1
    private static let compression: UInt64 = 0x20
    private static let tls: UInt64 = 0x800
    private static let endsWithoutEOF: UInt64 = 0x100_0000
    private static let mayDescribeNoColumns: UInt64 = 0x200_0000
    private static let zstandard: UInt64 = 0x400_0000
    /// Of MariaDB's own, which stand behind the others (MARIADB_CLIENT_CACHE_METADATA, flag 36 of all).
    private static let cachesColumns: UInt64 = 0x10

    mutating func begin(_ direction: Direction) -> Part {
        if isEncrypted { return .chunks }
        packets[direction] = Packet()
        return headerPart
    }

    private var headerPart: Part {
        let byteCount = isCompressed ? 7 : 4
        return .count(byteCount, seeing: byteCount)
    }

    mutating func next(_ direction: Direction, after seen: RawSpan, last: UInt8, _ remarks: inout Remarks) -> Verdict {
        if packets[direction].isPayload { return payloadEnded(direction, seen, &remarks) }
        let count = Int(seen.littleEndian(3, at: 0))
        let isContinuation = packets[direction].isContinuation
        packets[direction].byteCount = count
        packets[direction].sequence = seen[byte: 3]
        packets[direction].isFull = !isCompressed && count == Self.fullByteCount
        guard count > 0 else {
            packetEnded(direction)
            if !isContinuation { remarks.kind = emptyKind(direction) }
            return .ends
        }
        packets[direction].isPayload = true
        let sees = !isContinuation && !isCompressed
        return .goesOn(.count(count, seeing: sees ? Self.seenOfPayload : 0))
    }

    private mutating func payloadEnded(
        _ direction: Direction,
        _ seen: RawSpan,
        _ remarks: inout Remarks
    ) -> Verdict {
        if isCompressed {
            remarks.kind = "compressed"
            return .ends
        }
        if !packets[direction].isContinuation {
            let named = direction == .upstream ? upstreamKind(seen) : downstreamKind(seen)
            guard let named else { return remarks.lost("the server does not greet as MySQL 10 does") }
            remarks.kind = named
        }
        packetEnded(direction)
        guard packets[direction].isFull else { return .ends }
        packets[direction].isPayload = false
        packets[direction].isContinuation = true
        return .goesOn(headerPart)
    }

    private mutating func packetEnded(_ direction: Direction) {
        let sequence = packets[direction].sequence
        if direction == .downstream {
            latestSequence = sequence
        } else if isCommand, !waiting.isEmpty {
            waiting[waiting.count - 1].answerSequence = sequence &+ 1
        }
    }

    /// Of a packet without a payload, such as the end of what LOAD DATA LOCAL sends.
    private func emptyKind(_ direction: Direction) -> String {
        if case .authentication = stage { return direction == .upstream ? "AuthResponse" : "AuthMoreData" }
        return direction == .upstream ? "InfileData" : "Row"
    }

    // MARK: - The client's packets

    private mutating func upstreamKind(_ seen: RawSpan) -> String {
        isCommand = false
        switch stage {
        case .greeting, .authentication:
            guard packets.upstream.sequence == 1, seen.byteCount >= 4 else { return "AuthResponse" }
            let wanted = seen.littleEndian(4, at: 0)
            capabilities = wanted & serverCapabilities
            guard packets.upstream.byteCount == 32, wanted & Self.tls != 0 else {
                let hasMore = wanted & Self.isMySQL == 0 && seen.byteCount >= 32
                mayOmitColumns = hasMore && seen.littleEndian(4, at: 28) & Self.cachesColumns != 0
                return "HandshakeResponse"
            }
            isEncrypted = true
            return "SSLRequest"
        case .answer, .columns, .rows:
            // Every command begins a sequence; what does not answers a question of the server.
            guard packets.upstream.sequence == 0 else {
                return command == Self.changeUser ? "AuthResponse" : "InfileData"
            }
            let code = seen[byte: 0]
            isCommand = !Self.unanswered.contains(code) && waiting.count < Self.mostWaiting
            if isCommand { waiting.append(Command(code: code)) }
            if code == Self.bulkExecute { return "StmtBulkExecute" }
            return Self.commands.indices.contains(Int(code)) ? Self.commands[Int(code)] : "Command"
        }
    }

    private static let changeUser: UInt8 = 0x11
    private static let fieldList: UInt8 = 0x04
    private static let statistics: UInt8 = 0x09
    private static let prepare: UInt8 = 0x16
    private static let fetch: UInt8 = 0x1C
    private static let binlogDumps: [UInt8] = [0x12, 0x1E]
    /// MariaDB's.
    private static let bulkExecute: UInt8 = 0xFA
    /// Quit, StmtSendLongData, StmtClose.
    private static let unanswered: [UInt8] = [0x01, 0x18, 0x19]

    private static let commands = [
        "Sleep", "Quit", "InitDB", "Query", "FieldList", "CreateDB", "DropDB", "Refresh", "Shutdown", "Statistics",
        "ProcessInfo", "Connect", "ProcessKill", "Debug", "Ping", "Time", "DelayedInsert", "ChangeUser", "BinlogDump",
        "TableDump", "ConnectOut", "RegisterSlave", "StmtPrepare", "StmtExecute", "StmtSendLongData", "StmtClose",
        "StmtReset", "SetOption", "StmtFetch", "Daemon", "BinlogDumpGTID", "ResetConnection", "Clone",
    ]

    // MARK: - The server's packets

    private mutating func downstreamKind(_ seen: RawSpan) -> String? {
        let first = seen[byte: 0]
        heedWaitingCommand()
        if first == 0xFF { return errorKind(seen) }
        switch stage {
        case .greeting:
            guard first == 10 else { return nil }
            noteServerCapabilities(seen)
            stage = .authentication
            return "Handshake"
        case .authentication:
            switch first {
            case 0:
                authenticated()
                return "OK"
            case 0xFE: return "AuthSwitchRequest"
            default: return "AuthMoreData"
            }
        case .answer: return answerKind(seen, first)
        case .columns(let left):
            stage = left > 1 ? .columns(left - 1) : .rows
            return "ColumnDefinition"
        case .rows: return rowKind(seen, first)
        }
    }

    /// Does the packet at hand begin the answer to the next command? Each begins behind its command's sequence number, and
    /// goes on from there.
    private mutating func heedWaitingCommand() {
        guard let next = waiting.first, packets.downstream.sequence == next.answerSequence else { return }
        let goesOn = next.answerSequence == latestSequence &+ 1
        if case .answer = stage {} else if goesOn { return }
        if goesOn, Self.binlogDumps.contains(command) { return }
        waiting.removeFirst()
        command = next.code
        stage = command == Self.fieldList || command == Self.fetch ? .rows : .answer
        hasColumnsEnded = command == Self.fetch
    }

    private mutating func errorKind(_ seen: RawSpan) -> String {
        // MariaDB tells so of a long statement how far it is.
        if seen.byteCount > 3, seen.littleEndian(2, at: 1) == 0xFFFF { return "Progress" }
        if case .greeting = stage {} else if case .authentication = stage {} else { stage = .answer }
        return "ERR"
    }

    private mutating func answerKind(_ seen: RawSpan, _ first: UInt8) -> String {
        switch (command, first) {
        case (Self.statistics, _): return "Statistics"
        case (Self.prepare, 0):
            // Described columns and parameters follow, if there are any, each kind with its EOF.
            stage = .rows
            return "PrepareOK"
        case (Self.changeUser, 0xFE): return "AuthSwitchRequest"
        case (Self.changeUser, 1): return "AuthMoreData"
        case (_, 0) where Self.binlogDumps.contains(command): return "BinlogEvent"
        case (_, 0...1) where (2...5).contains(seen.byteCount) && capabilities & Self.mayDescribeNoColumns != 0:
            return table(of: seen, from: 1, isDescribed: first == 1)
        case (_, 0): return "OK"
        case (_, 0xFE): return "EOF"
        case (_, 0xFB): return "LocalInfile"
        default:
            return table(of: seen, from: 0, isDescribed: !mayOmitColumns || seen[byte: seen.byteCount - 1] != 0)
        }
    }

    /// A table begins with the number of its columns, as a length-encoded integer; mostly each is then described.
    private mutating func table(of seen: RawSpan, from start: Int, isDescribed: Bool) -> String {
        let first = seen[byte: start]
        let byteCount = first == 0xFC ? 2 : first == 0xFD ? 3 : 0
        let hasCount = byteCount > 0 && seen.byteCount > start + byteCount
        let columns = hasCount ? seen.littleEndian(byteCount, at: start + 1) : UInt64(first)
        hasColumnsEnded = false
        stage = isDescribed ? .columns(columns) : .rows
        return "ResultSet"
    }

    /// Rows, and where the table ends, which an EOF may also do between the columns and the rows.
    private mutating func rowKind(_ seen: RawSpan, _ first: UInt8) -> String {
        if command == Self.prepare || command == Self.fieldList {
            return first == 0xFE && packets.downstream.byteCount < 9 ? "EOF" : "ColumnDefinition"
        }
        guard first == 0xFE else { return "Row" }
        if capabilities & Self.endsWithoutEOF != 0 {
            guard packets.downstream.byteCount < Self.fullByteCount else { return "Row" }
            stage = .answer
            return "OK"
        }
        guard packets.downstream.byteCount < 9 else { return "Row" }
        let leavesRowsToFetch = seen.byteCount == 5 && seen.littleEndian(2, at: 3) & Self.cursorExists != 0
        if hasColumnsEnded || leavesRowsToFetch { stage = .answer }
        hasColumnsEnded.toggle()
        return "EOF"
    }

    /// A server's status: SERVER_STATUS_CURSOR_EXISTS.
    private static let cursorExists: UInt64 = 0x40

    /// The EOF between a table's columns and its rows has come.
    private var hasColumnsEnded = false

    // MARK: - Handshake

    /// The version, which ends with a zero, a thread id, eight bytes of a nonce and a zero; then come the capabilities.
    private mutating func noteServerCapabilities(_ seen: RawSpan) {
        guard let end = seen.position(of: 0, from: 1), seen.byteCount >= end + 21 else { return }
        let low = seen.littleEndian(2, at: end + 14)
        serverCapabilities = low | seen.littleEndian(2, at: end + 19) << 16
    }

    private mutating func authenticated() {
        stage = .answer
        isCompressed = capabilities & (Self.compression | Self.zstandard) != 0
    }
}
