import Foundation
import Testing

/// `Fixtures/CPYTHON.md`, held against the list of CPython's cases and the sources of this target.
@Suite struct `The table of CPython's cases` {
    private static let target = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// A class of CPython's tests, and how often 3.11 loads each of its cases: once per family and poll function.
    private struct CaseClass {
        let name: String
        let timesLoaded: Int
        let cases: [String]
        /// Gone from 3.11.
        var onlyIn27: [String] = []
    }

    private static let classes = [
        CaseClass(
            name: "TestAsynchat",
            timesLoaded: 2,
            cases: [
                "line_terminator1", "line_terminator2", "line_terminator3", "numeric_terminator1",
                "numeric_terminator2", "none_terminator", "simple_producer", "string_producer", "empty_line",
                "close_when_done", "push",
            ]
        ),
        CaseClass(name: "TestAsynchatMocked", timesLoaded: 1, cases: ["blockingioerror"]),
        CaseClass(name: "TestHelperFunctions", timesLoaded: 1, cases: ["find_prefix_at_end"]),
        CaseClass(name: "TestNotConnected", timesLoaded: 1, cases: ["disallow_negative_terminator"]),
        CaseClass(name: "TestFifo", timesLoaded: 1, cases: [], onlyIn27: ["basic", "given_list"]),
        CaseClass(
            name: "HelperFunctionTests",
            timesLoaded: 1,
            cases: ["readwriteexc", "readwrite", "closeall", "closeall_default", "compact_traceback"]
        ),
        CaseClass(
            name: "DispatcherTests",
            timesLoaded: 1,
            cases: ["basic", "repr", "log", "log_info", "unhandled", "strerror"],
            onlyIn27: ["issue_8594"]
        ),
        CaseClass(name: "DispatcherWithSendTests", timesLoaded: 1, cases: ["send"]),
        CaseClass(
            name: "FileWrapperTest",
            timesLoaded: 1,
            cases: ["recv", "send", "dispatcher", "resource_warning", "close_twice"]
        ),
        CaseClass(
            name: "TestAPI",
            timesLoaded: 6,
            cases: [
                "handle_connect", "handle_accept", "handle_accepted", "handle_read", "handle_write", "handle_close",
                "handle_close_after_conn_broken", "handle_expt", "handle_error", "connection_attributes",
                "create_socket", "bind", "set_reuse_addr", "quick_connect",
            ]
        ),
    ]

    private let rows: [(name: String, answer: String)]

    init() throws {
        let text = try String(contentsOf: Self.target.appending(path: "Fixtures/CPYTHON.md"), encoding: .utf8)
        rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return cells.count == 2 && cells[1] != "Swift test" ? (cells[0], cells[1]) : nil
        }
    }

    private func namedTests(_ answer: String) -> [String] {
        answer.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }

    @Test func `is whole, and knows of no case that is none`() {
        let loaded = Self.classes.reduce(0) { $0 + $1.timesLoaded * $1.cases.count }
        #expect(loaded == 126, "what 3.11.7 loads")
        let cases = Self.classes.flatMap { one in (one.cases + one.onlyIn27).map { "\(one.name).test_\($0)" } }
        let listed = rows.map(\.name).filter { $0.contains(".test_") }
        #expect(Set(listed) == Set(cases))
        #expect(listed.count == cases.count, "each once")
        #expect(rows.count - listed.count == 15, "and what CPython does not test")
    }

    @Test func `names a test, or says why there is none`() {
        for row in rows where namedTests(row.answer).isEmpty {
            #expect(row.answer.hasPrefix("not applicable: "), "\(row.name)")
        }
    }

    @Test func `names only tests that exist`() throws {
        let tests = try Self.tests()
        #expect(tests.count > 100)
        for row in rows {
            for test in namedTests(row.answer) { #expect(tests.contains(test), "\(row.name)") }
        }
    }

    /// The tests of this target, as `suite/test`. A suite begins at a line's beginning, and a test's name has backticks.
    private static func tests() throws -> Set<String> {
        var tests: Set<String> = []
        let files = FileManager.default.enumerator(at: target, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            var suite = ""
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if !line.hasPrefix(" "), let name = name(after: "struct ", in: line) { suite = name }
                if line.hasPrefix("    "), let name = name(after: "func `", in: line) {
                    tests.insert("\(suite)/\(name)")
                }
            }
        }
        return tests
    }

    /// The declared name that follows, without backticks.
    private static func name(after keyword: String, in line: Substring) -> String? {
        guard let range = line.range(of: keyword) else { return nil }
        let rest = line[range.upperBound...]
        if keyword.hasSuffix("`") { return rest.split(separator: "`").first.map(String.init) }
        if rest.hasPrefix("`") { return rest.dropFirst().split(separator: "`").first.map(String.init) }
        return String(rest.prefix { $0.isLetter || $0.isNumber })
    }
}
