import Foundation

/// The manual and the sources it is about, as they lie in the checkout.
enum Manual {
    static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Its pages, by file name.
    static func pages() throws -> [String: String] {
        try files(in: "docs/engine", named: "md")
    }

    /// The files of a folder that bear an extension, by name.
    static func files(in folder: String, named ending: String) throws -> [String: String] {
        let urls = try FileManager.default.contentsOfDirectory(
            at: checkout.appending(path: folder),
            includingPropertiesForKeys: nil
        )
        var texts: [String: String] = [:]
        for url in urls where url.pathExtension == ending {
            texts[url.lastPathComponent] = try String(contentsOf: url, encoding: .utf8)
        }
        return texts
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: checkout.appending(path: path), encoding: .utf8)
    }

    /// The Swift shown on a page, block by block.
    static func swiftBlocks(of page: String) -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = block {
                if line == "```" {
                    blocks.append(lines.joined(separator: "\n") + "\n")
                    block = nil
                } else {
                    block = lines + [line]
                }
            } else if line == "```swift" {
                block = []
            }
        }
        return blocks
    }

    /// A page without what it shows.
    static func prose(of page: String) -> String {
        let parts = page.components(separatedBy: "\n```")
        return stride(from: 0, to: parts.count, by: 2).map { parts[$0] }.joined(separator: "\n")
    }

    /// The names that a page's headings can be linked by.
    static func anchors(of page: String) -> Set<String> {
        Set(
            page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                heading.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                    .replacing(" ", with: "-")
            }
        )
    }

    /// The symbols listed on the reference page, by the type that their section is about.
    static func symbols(listedIn reference: String) -> [String: Set<String>] {
        var listed: [String: Set<String>] = [:]
        var type: String?
        for line in reference.split(separator: "\n") {
            if line.hasPrefix("#") {
                type = line == "## Free functions" ? "" : line.wholeMatch(of: /#+ `(.+)`/).map { String($0.1) }
                if let type { listed[type] = [] }
            } else if let type, let match = line.prefixMatch(of: /\| `([^`]+)`/) {
                listed[type, default: []].insert(String(match.1))
            }
        }
        return listed
    }
}
