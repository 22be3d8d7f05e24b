/// May a page be shown to whoever thinks it is on this host?
///
/// A page of somebody else's can make a browser ask us under a name of its own that leads here (DNS rebinding), and read
/// the answer. It cannot do so under an address or as `localhost`, so only those are answered, and whoever names no host
/// at all, which no browser does.
enum HostField {
    static func isTrusted(_ host: String?) -> Bool {
        guard let host else { return true }
        if host.hasPrefix("[") {
            let end = host.lastIndex(of: "]") ?? host.startIndex
            return host[..<end].dropFirst().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
                && isPort(host[end...].dropFirst())
        }
        let name = host.prefix { $0 != ":" }
        guard isPort(host.dropFirst(name.count)) else { return false }
        return name.lowercased() == "localhost" || isIPv4(name)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy(\.isDigit))
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { $0.utf8.allSatisfy(\.isDigit) && (0...255).contains(Int($0) ?? -1) }
    }
}
