import Foundation
import Testing

@testable import Metrics

/// What can be said of the alerts without Prometheus; `promtool` runs their cases where it is installed.
@Suite struct `The alerts` {
    private let rules: String
    private let cases: String

    init() throws {
        let folder = checkout.appending(path: "dashboards/prometheus")
        rules = try String(contentsOf: folder.appending(path: "overhear.rules.yml"), encoding: .utf8)
        cases = try String(contentsOf: folder.appending(path: "overhear.rules.test.yml"), encoding: .utf8)
    }

    private var alerts: [String] { rules.matches(of: /- alert: (\w+)/).map { String($0.1) } }

    @Test func `ask only for what the catalogue declares`() {
        let declared = Set(Catalogue.all.flatMap(\.sampleNames))
        let recorded = rules.matches(of: /- record: (\S+)/).map { String($0.1) }
        var text = rules
        for name in recorded { text = text.replacing(name, with: "") }
        let named = text.matches(of: /\b(?:overhear|process)_[a-z_]+/).map { String($0.0) }
        #expect(!named.isEmpty)
        for name in named { #expect(declared.contains(name), "\(name)") }
        let unrecorded = text.matches(of: /\w+:\w+:\w+/).map { String($0.0) }
        #expect(unrecorded.isEmpty)
    }

    @Test func `are nine, each with a case for it and one against it`() {
        #expect(alerts.count == 9)
        for alert in alerts {
            #expect(cases.contains("- name: \(alert) fires\n"), "\(alert)")
            #expect(cases.contains("- name: \(alert) stays silent\n"), "\(alert)")
        }
    }

    @Test func `say how bad it is and what it means`() {
        for alert in rules.split(separator: "- alert: ").dropFirst() {
            #expect(alert.contains(/severity: (critical|warning)/), "\(alert)")
            #expect(alert.contains("summary: ") && alert.contains("description: "), "\(alert)")
        }
    }
}
