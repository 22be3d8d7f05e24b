import Foundation
import Testing

@testable import overhear

/// What the documents promise, held against the program.
@Suite struct `The README` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private let text: String

    init() throws {
        text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    }

    @Test func `asks nothing that SQLite does not answer`() throws {
        try withEchoServer { server in
            try withRelay(to: server, framing: "lf") { relay in
                let client = try relay.connect()
                try client.send("greeting\nhello\n")
                _ = try client.receiveText(exactly: 15)
                try eventually("four messages are recorded") {
                    try relay.record.number("SELECT count(*) AS number FROM messages") == 4
                }
                let questions = blocks(of: "sql").flatMap { $0.components(separatedBy: ";\n") }
                #expect(questions.count >= 10)
                for question in questions { _ = try relay.record.rows(question) }
                #expect(try relay.record.rows(questions[0]).count == 4, "the first question shows what passed")
                #expect(try relay.record.rows(questions[2]).count == 1, "the third who is connected")
            }
        }
    }

    @Test func `lists every option, and no other`() throws {
        let help = try Overhear.run(["run", "--help"]).output
        let real = options(in: help).subtracting(["--help", "--version"])
        let table = text.split(separator: "\n").filter { $0.hasPrefix("| `--") }.joined(separator: "\n")
        #expect(options(in: table) == real)
        #expect(Set(Environment.runOptions.map { "--\($0)" }) == real, "each can be set in the environment")
    }

    @Test func `tells the defaults that help tells`() throws {
        let help = try Overhear.run(["run", "--help"]).output.split(whereSeparator: \.isWhitespace).joined(
            separator: " "
        )
        for row in text.split(separator: "\n") where row.hasPrefix("| `--") {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let option = cells.first?.split(whereSeparator: { " `,".contains($0) }).first, cells.count == 3,
                cells[2].hasPrefix("`")
            else { continue }
            let start = try #require(help.range(of: "\(option) <"))
            let end = help[start.upperBound...].range(of: " --")?.lowerBound ?? help.endIndex
            let value = cells[2].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
            let sentence = help[start.lowerBound..<end]
            #expect(
                sentence.contains("default: \(value))") || sentence.contains("default: \(value),"),
                "\(option): \(sentence)"
            )
        }
    }

    @Test func `points only at files that exist`() throws {
        for document in ["README.md", "docs/ARCHITECTURE.md", "docs/CAPTURE.md"] {
            let file = Self.root.appending(path: document)
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /\]\(([^)#:]+)\)/) {
                let target = file.deletingLastPathComponent().appending(path: String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(document) points at \(match.1)")
            }
        }
    }

    private func blocks(of language: String) -> [String] {
        text.components(separatedBy: "```").filter { $0.hasPrefix(language + "\n") }.map {
            String($0.dropFirst(language.count))
        }
    }

    private func options(in text: String) -> Set<String> {
        Set(text.matches(of: /(?:^|[ `(])(--[a-z][a-z-]*)/.anchorsMatchLineEndings()).map { String($0.1) })
    }
}
