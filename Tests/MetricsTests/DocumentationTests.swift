import Foundation
import Testing

@testable import Metrics

/// The root of the checkout, found from this file.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

@Suite struct `The metrics documentation` {
    private let text: String

    init() throws {
        text = try String(contentsOf: checkout.appending(path: "docs/METRICS.md"), encoding: .utf8)
    }

    @Test(arguments: Catalogue.all) func `has a row for every family`(family: Family) {
        #expect(text.contains(row(family) + "\n"), "docs/METRICS.md should say: \(row(family))")
    }

    @Test func `has a row for nothing else`() {
        let documented = text.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `overhear_") || line.hasPrefix("| `process_") else { return nil }
            return line.dropFirst(3).split(separator: "`").first.map(String.init)
        }
        #expect(documented == Catalogue.all.map(\.name))
    }

    @Test func `lists every value of every closed label`() {
        for label in Catalogue.all.flatMap(\.labels) {
            guard case .oneOf(let values) = label.values else { continue }
            for value in values { #expect(text.contains("`\(value)`"), "\(label.name)=\(value)") }
        }
    }

    private func row(_ family: Family) -> String {
        let labels = family.labels.map { "`\($0.name)`" }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
    }
}
