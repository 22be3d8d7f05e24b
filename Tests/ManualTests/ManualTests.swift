import Foundation
import Testing

@Suite struct `The engine's manual` {
    private let pages: [String: String]
    private let reference: String

    init() throws {
        pages = try Manual.pages()
        reference = try #require(pages["reference.md"])
    }

    @Test func `lists every public symbol of AsyncChat, and no other`() throws {
        var declared = PublicSymbols()
        for source in try Manual.files(in: "Sources/AsyncChat", named: "swift").values { declared.read(source) }
        #expect(declared.unread == [], "declarations that PublicSymbols does not understand")
        let listed = Manual.symbols(listedIn: reference)
        for type in Set(declared.byType.keys).union(listed.keys).sorted() {
            let there = declared.byType[type, default: []]
            let rows = listed[type, default: []]
            #expect(listed[type] != nil, "docs/engine/reference.md needs a section for \(type)")
            #expect(
                declared.byType[type] != nil,
                "docs/engine/reference.md has a section for \(type), which is not public"
            )
            #expect(there.subtracting(rows).sorted() == [], "\(type): public, and not in docs/engine/reference.md")
            let gone = rows.subtracting(there).subtracting(declared.overriding[type, default: []])
            #expect(gone.sorted() == [], "\(type): in docs/engine/reference.md, and not public")
        }
    }

    @Test func `gives every row of the reference all of its columns`() {
        for line in reference.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            #expect(cells.count == 7 && cells[1...5].allSatisfy { $0.contains { $0 != " " } }, "\(line)")
        }
    }

    @Test func `answers for every bug and every deviation`() throws {
        let changes = try #require(pages["changes.md"])
        let rows = changes.split(separator: "\n").map { $0.split(separator: "|").map { $0.trimming(" ") } }
        let answered = Set(rows.compactMap(\.first))
        let deviations = Set(rows.flatMap { $0.last?.components(separatedBy: ", ") ?? [] })
        #expect((1...32).map { "B\($0)" }.filter { !answered.contains($0) } == [])
        #expect((1...19).map { "D\($0)" }.filter { !deviations.contains($0) } == [])
    }

    @Test func `shows only Swift that is compiled`() throws {
        var compiled = [try Manual.text(of: "Tests/ManualTests/Snippets.swift")]
        for example in ["chat-server", "line-client", "http-server"] {
            compiled += try Manual.files(in: "Examples/\(example)", named: "swift").values
        }
        compiled = compiled.map(unindented)
        for (name, page) in pages {
            for block in Manual.swiftBlocks(of: page) {
                #expect(compiled.contains { $0.contains(unindented(block)) }, "docs/engine/\(name) shows:\n\(block)")
            }
        }
    }

    @Test(arguments: ["Examples/chat-server/ChatServer.swift", "Examples/line-client/LineClient.swift"])
    func `holds two programs whole`(path: String) throws {
        let shown = Manual.swiftBlocks(of: try #require(pages["programs.md"]))
        #expect(shown.contains(try Manual.text(of: path)), "docs/engine/programs.md should hold \(path) as it is")
    }

    @Test func `has no link that leads nowhere`() throws {
        let folder = Manual.checkout.appending(path: "docs/engine")
        for (name, page) in pages {
            for match in Manual.prose(of: page).matches(of: /\]\((?!http)([^)#]*)(?:#([^)]*))?\)/) {
                let target = folder.appending(path: match.1.isEmpty ? name : String(match.1)).standardized
                #expect(FileManager.default.fileExists(atPath: target.path), "\(name): \(match.0)")
                guard let anchor = match.2, let text = try? String(contentsOf: target, encoding: .utf8) else {
                    continue
                }
                #expect(Manual.anchors(of: text).contains(String(anchor)), "\(name): \(match.0)")
            }
        }
    }

    @Test func `is read from its front page`() throws {
        let front = try #require(pages["README.md"])
        for name in pages.keys where name != "README.md" { #expect(front.contains("](\(name))"), "\(name)") }
    }

    private func unindented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}

@Suite struct `The reader of public symbols` {
    @Test func `understands what AsyncChat writes`() throws {
        var symbols = PublicSymbols()
        symbols.read(
            """
            open class Dispatcher: CustomStringConvertible {
                public private(set) var isConnected = false
                let secret = 1
                @discardableResult public final func listen(
                    on address: SocketAddress,
                    handler: @escaping (Int, String) -> Void = { _, _ in },
                    _ rest: [Int: Int] = [:]
                ) throws(SystemError) {
                    public_thing()
                }
                open override func handleRead() throws {}
                package func shared() {}
                public enum Kind {
                    case one(Int, named: String)
                    case two

                    var text: String {
                        switch self {
                        case one: ""
                        }
                    }
                }
                public init<Value: Sendable>(_ value: borrowing Value, also: Int) {}
            }
            public protocol Clock: AnyObject {
                func monotonic() -> Int
            }
            extension Dispatcher.Kind {
                public static func < (left: Self, right: Self) -> Bool { true }
            }
            public func find(_ a: Int, in: Int) {}
            final public class Odd {}
            """
        )
        #expect(
            symbols.byType == [
                "Dispatcher": ["isConnected", "listen(on:handler:_:)", "init(_:also:)"],
                "Dispatcher.Kind": ["one(_:named:)", "two", "<"],
                "Clock": ["monotonic()"],
                "": ["find(_:in:)"],
            ]
        )
        #expect(symbols.overriding == ["Dispatcher": ["handleRead()"]])
        #expect(symbols.unread == ["final public class Odd {}"])
    }
}
