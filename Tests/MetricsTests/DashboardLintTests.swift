import Foundation
import Testing

@testable import Metrics

/// The rules of grafana/dashboard-linter, each under its name there. That the queries are PromQL at all (target-promql-rule,
/// template-label-promql-rule) is asked of Prometheus itself where it is installed; here only that nothing is left open.
@Suite struct `Grafana's linter has nothing to say of the dashboards` {
    private static let files = `The dashboards`.files

    @Test(arguments: files) func `template-datasource-rule`(file: String) throws {
        let sources = try Dashboard(file).variables.filter { $0["type"] as? String == "datasource" }
        #expect(sources.count == 1)
        #expect(sources.first?["query"] as? String == "prometheus")
        #expect(sources.first?["name"] as? String == "datasource")
        #expect(sources.first?["label"] as? String == "Data source")
    }

    @Test(arguments: files, [("job", "Job"), ("instance", "Instance")])
    func `template-job-rule and template-instance-rule`(file: String, expected: (name: String, label: String)) throws {
        let variables = try Dashboard(file).variables
        let variable = try #require(variables.first { $0["name"] as? String == expected.name })
        #expect(variable["type"] as? String == "query")
        #expect(variable["label"] as? String == expected.label)
        #expect(variable["multi"] as? Bool == true)
        #expect(variable["includeAll"] as? Bool == true)
        #expect(variable["allValue"] as? String == ".+")
        #expect((variable["datasource"] as? [String: Any])?["uid"] as? String == "${datasource}")
    }

    @Test(arguments: files) func `template-label-promql-rule`(file: String) throws {
        for variable in try Dashboard(file).variables where variable["type"] as? String == "query" {
            let definition = try #require(variable["definition"] as? String)
            let asked = try #require(definition.wholeMatch(of: /label_values\((.+), (\w+)\)/), "\(definition)")
            #expect(isClosed(String(asked.1)))
            #expect(String(asked.2) == variable["name"] as? String)
            #expect((variable["query"] as? [String: Any])?["query"] as? String == definition)
        }
    }

    @Test(arguments: files) func `template-on-time-change-reload-rule`(file: String) throws {
        for variable in try Dashboard(file).variables where variable["type"] as? String == "query" {
            #expect(variable["refresh"] as? Int == 2, "\(variable["name"] ?? "")")
        }
    }

    @Test(arguments: files) func `panel-datasource-rule`(file: String) throws {
        let dashboard = try Dashboard(file)
        for one in dashboard.panels + dashboard.targets {
            let source = one["datasource"] as? [String: Any]
            #expect(source?["uid"] as? String == "${datasource}", "\(one["title"] ?? one["expr"] ?? "")")
        }
    }

    @Test(arguments: files) func `panel-title-description-rule`(file: String) throws {
        for panel in try Dashboard(file).panels {
            let title = try #require(panel["title"] as? String)
            #expect(!title.isEmpty)
            #expect((panel["description"] as? String)?.isEmpty == false, "\(title)")
        }
    }

    /// Of Grafana's units those that our metrics come in.
    @Test(arguments: files) func `panel-units-rule`(file: String) throws {
        let units = ["none", "short", "string", "percentunit", "bytes", "Bps", "s", "cps", "cpm"]
        for panel in try Dashboard(file).panels {
            let defaults = (panel["fieldConfig"] as? [String: Any])?["defaults"] as? [String: Any]
            let unit = try #require(defaults?["unit"] as? String, "\(panel["title"] ?? "")")
            #expect(units.contains(unit), "\(panel["title"] ?? "")")
        }
    }

    @Test(arguments: files) func `panel-no-targets-rule`(file: String) throws {
        for panel in try Dashboard(file).panels {
            let targets = try #require(panel["targets"] as? [[String: Any]], "\(panel["title"] ?? "")")
            #expect(!targets.isEmpty && targets.allSatisfy { ($0["expr"] as? String)?.isEmpty == false })
            let names = targets.compactMap { $0["refId"] as? String }
            #expect(Set(names).count == targets.count, "\(panel["title"] ?? "")")
        }
    }

    @Test(arguments: files) func `target-promql-rule`(file: String) throws {
        for query in try Dashboard(file).queries { #expect(isClosed(query), "\(query)") }
    }

    @Test(arguments: files) func `target-rate-interval-rule`(file: String) throws {
        for query in try Dashboard(file).queries {
            for match in query.matches(of: /(\w+)\([^\[(]*\[([^\]]*)\]/) {
                let ranges = match.1 == "increase" ? ["$__rate_interval", "$__range"] : ["$__rate_interval"]
                #expect(ranges.contains(String(match.2)), "\(query)")
            }
        }
    }

    /// Of every series that is asked for, not only of the first in a query.
    @Test(arguments: files) func `target-job-rule and target-instance-rule`(file: String) throws {
        let series = #/\b(?:overhear_|process_|scrape_|up\b)[a-z_]*(\{[^}]*\})?/#
        for query in try Dashboard(file).queries {
            let asked = query.matches(of: series)
            #expect(!asked.isEmpty, "\(query)")
            for match in asked {
                #expect(match.1?.contains(#"job=~"$job",instance=~"$instance""#) == true, "\(match.0) in \(query)")
            }
        }
    }

    @Test(arguments: files) func `target-counter-agg-rule`(file: String) throws {
        for query in try Dashboard(file).queries {
            for match in query.matches(of: /(\w+\()?([a-z_]+_total)\{/) {
                #expect(["rate(", "irate(", "increase("].contains(match.1.map(String.init)), "\(query)")
            }
        }
    }

    @Test(arguments: files) func `uneditable-dashboard`(file: String) throws {
        #expect(try Dashboard(file).root["editable"] as? Bool == false)
    }

    /// Every bracket and quote has its other half.
    private func isClosed(_ query: String) -> Bool {
        var open: [Character] = []
        var isQuoted = false
        for character in query {
            if character == "\"" { isQuoted.toggle() }
            guard !isQuoted else { continue }
            switch character {
            case "(": open.append(")")
            case "[": open.append("]")
            case "{": open.append("}")
            case ")", "]", "}": guard open.popLast() == character else { return false }
            default: break
            }
        }
        return open.isEmpty && !isQuoted
    }
}
