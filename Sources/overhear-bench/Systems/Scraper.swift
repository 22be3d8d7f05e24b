import Glibc

/// Asks for metrics every second, in a process of its own, for as long as it is held.
final class Scraper {
    private let folder: Folder
    private let child: Child

    init(of port: UInt16) throws {
        folder = try Folder()
        child = try Child(
            SystemCatalogue.ownProgram,
            ["scrape", "--port", "\(port)"],
            output: folder.file("output")
        )
    }

    /// Ends it; it must have been answered at least once, and always.
    func finish() throws {
        try child.end()
        let lines = Files.text(folder.file("output"))?.split(separator: "\n") ?? []
        guard !lines.isEmpty, lines.allSatisfy({ $0.hasPrefix("200 ") }) else {
            throw Trouble("scrapes were not answered: \(lines.last ?? "none was made")")
        }
    }
}
