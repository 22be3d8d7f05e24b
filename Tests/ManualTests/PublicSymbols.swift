import Foundation

/// What the sources of AsyncChat declare for the world: each type's symbols, written as the manual writes them.
///
/// Reads line by line and trusts the format that lint demands: a declaration begins its line, four spaces a level. What
/// says `public` or `open` and is not understood is kept in `unread`, so that a new way of writing is noticed.
struct PublicSymbols {
    /// By type, nested ones as `Outer.Inner`; free functions under the empty name.
    private(set) var byType: [String: Set<String>] = [:]
    /// Symbols that override another type's: a manual may mention them here too.
    private(set) var overriding: [String: Set<String>] = [:]
    private(set) var unread: [String] = []

    /// A type or extension that the lines read lie in.
    private struct Scope {
        enum Kind { case plain, requirements, cases }
        let indentation: Int
        let path: String
        let kind: Kind
    }

    private var scopes: [Scope] = []

    mutating func read(_ source: String) {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        scopes = []
        for (number, line) in lines.enumerated() {
            let code = line.drop { $0 == " " }
            guard !code.isEmpty, !code.hasPrefix("//") else { continue }
            let indentation = line.count - code.count
            while let scope = scopes.last, scope.indentation >= indentation { scopes.removeLast() }
            read(code, at: indentation, followedBy: lines[(number + 1)...].prefix(20).joined(separator: "\n"))
        }
    }

    private mutating func read(_ code: Substring, at indentation: Int, followedBy rest: String) {
        // Written here because a regular expression is not Sendable and so cannot be a constant of the type.
        let declaration =
            /(?:@\w+(?:\([^)]*\))? )*(?:public|open) (?<modifiers>(?:[a-z]+(?:\(set\))? )*?)(?<what>(?:func|var|let|init|struct|class|enum|protocol|typealias)\b.*)/
        if let match = code.wholeMatch(of: declaration) {
            note("\(match.what)\n\(rest)", isOverride: match.modifiers.contains("override"), at: indentation)
        } else if code.hasPrefix("extension ") {
            let name = code.dropFirst("extension ".count).prefix { $0.isLetter || $0 == "." }
            scopes.append(Scope(indentation: indentation, path: String(name), kind: .plain))
        } else if let scope = scopes.last, indentation == scope.indentation + 4, scope.kind != .plain {
            if scope.kind == .requirements,
                let match = code.wholeMatch(of: /(?:mutating |static )*((?:func|var|init)\b.*)/)
            {
                note("\(match.1)\n\(rest)", isOverride: false, at: indentation)
            } else if scope.kind == .cases, code.hasPrefix("case ") {
                byType[scope.path, default: []].insert(Self.callable("\(code.dropFirst("case ".count))\n\(rest)"))
            }
        } else if code.contains(/\b(?:public|open) (?:[a-z]+(?:\(set\))? )*(?:func|var|let|init|class|struct|enum)\b/) {
            unread.append(String(code))
        }
    }

    private mutating func note(_ text: String, isOverride: Bool, at indentation: Int) {
        let path = scopes.last?.path ?? ""
        let keyword = text.prefix { $0.isLetter }
        let rest = text.dropFirst(keyword.count).drop { $0 == " " }
        let symbol: String
        switch keyword {
        case "struct", "class", "enum", "protocol":
            let name = rest.prefix { $0.isLetter || $0.isNumber }
            let inner = path.isEmpty ? String(name) : "\(path).\(name)"
            byType[inner] = byType[inner] ?? []
            let kind: Scope.Kind = keyword == "protocol" ? .requirements : keyword == "enum" ? .cases : .plain
            scopes.append(Scope(indentation: indentation, path: inner, kind: kind))
            return
        case "var", "let", "typealias": symbol = String(rest.prefix { $0.isLetter || $0.isNumber })
        case "init": symbol = Self.callable(text)
        default: symbol = Self.callable(String(rest))
        }
        if isOverride {
            overriding[path, default: []].insert(symbol)
        } else {
            byType[path, default: []].insert(symbol)
        }
    }

    /// `listen(on:backlog:)` from a declaration's text; an operator's name alone.
    private static func callable(_ text: String) -> String {
        let name = text.prefix { $0.isLetter || $0.isNumber }
        guard !name.isEmpty else { return String(text.prefix { !$0.isWhitespace }) }
        var rest = text.dropFirst(name.count)
        if rest.hasPrefix("<"), let end = rest.firstIndex(of: ">") { rest = rest[rest.index(after: end)...] }
        guard rest.hasPrefix("(") else { return String(name) }
        return "\(name)(\(labels(in: rest.dropFirst())))"
    }

    /// The argument labels, from behind the opening parenthesis on.
    private static func labels(in text: Substring) -> String {
        var depth = 0
        var labels = ""
        var parameter = ""
        for character in text.replacing("->", with: "") {
            switch character {
            case ")" where depth == 0, "," where depth == 0:
                let label = parameter.drop(while: \.isWhitespace).prefix { !$0.isWhitespace && $0 != ":" }
                // The values of an enumeration's case need no label.
                if !label.isEmpty { labels += parameter.contains(":") ? "\(label):" : "_:" }
                if character == ")" { return labels }
                parameter = ""
                continue
            case "(", "[", "{", "<": depth += 1
            case ")", "]", "}", ">": depth -= 1
            default: break
            }
            parameter.append(character)
        }
        return labels
    }
}
