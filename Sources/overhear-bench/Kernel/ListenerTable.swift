/// Who listens on the loopback, as the kernel tells (proc(5), `net/tcp`): asked without connecting, so that a relay
/// sees no session that the load did not make.
enum ListenerTable {
    static func hasListener(on port: UInt16) -> Bool {
        let digits = String(port, radix: 16, uppercase: true)
        let wanted = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        guard let table = Files.text("/proc/net/tcp") else { return false }
        return table.split(separator: "\n").dropFirst().contains { line in
            let fields = line.split(separator: " ", maxSplits: 4)
            return fields.count > 3 && fields[1].hasSuffix(wanted) && fields[3] == "0A"
        }
    }
}
