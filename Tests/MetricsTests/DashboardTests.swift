import Foundation
import Testing

@testable import Metrics

/// What keeps a dashboard working in a Grafana that is not ours, and true to the catalogue.
@Suite struct `The dashboards` {
    static let files = ["overhear-overview.json", "overhear-channels.json", "overhear-recorder.json"]

    @Test(arguments: files) func `query only what the catalogue declares`(file: String) throws {
        let declared = Set(Catalogue.all.flatMap(\.sampleNames))
        for name in try Dashboard(file).metrics { #expect(declared.contains(name), "\(name) in \(file)") }
    }

    @Test func `show every family, or the readme says which they do not`() throws {
        let shown = try Set(Self.files.flatMap { try Dashboard($0).metrics })
        let readme = try String(contentsOf: checkout.appending(path: "dashboards/README.md"), encoding: .utf8)
        for family in Catalogue.all {
            let isShown = !shown.isDisjoint(with: family.sampleNames)
            #expect(isShown != readme.contains("`\(family.name)`"), "\(family.name)")
        }
    }

    @Test(arguments: files) func `load anywhere`(file: String) throws {
        let dashboard = try Dashboard(file)
        #expect(dashboard.root["id"] is NSNull)
        #expect(dashboard.root["uid"] as? String == String(file.dropLast(".json".count)))
        #expect(dashboard.root["schemaVersion"] as? Int == 39)
        #expect(dashboard.root["__inputs"] == nil)
    }

    @Test(arguments: files) func `let the reader choose routes where there are any`(file: String) throws {
        let chosen = try Dashboard(file).variables.compactMap { $0["name"] as? String }
        let routes = file == "overhear-recorder.json" ? [] : ["route"]
        #expect(chosen == ["datasource", "job", "instance"] + routes)
        #expect(try Dashboard(file).queries.contains { $0.contains(#"route=~"$route""#) } == !routes.isEmpty)
    }

    @Test(arguments: files) func `lay no panel over another`(file: String) throws {
        var taken: Set<[Int]> = []
        for place in try Dashboard(file).places {
            for x in place.x..<place.x + place.w {
                for y in place.y..<place.y + place.h { #expect(taken.insert([x, y]).inserted, "\(place)") }
            }
            #expect(place.x + place.w <= 24)
        }
    }
}

/// A dashboard file, read for checking.
struct Dashboard {
    let root: [String: Any]

    init(_ file: String) throws {
        let data = try Data(contentsOf: checkout.appending(path: "dashboards/\(file)"))
        root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private var everything: [[String: Any]] { root["panels"] as? [[String: Any]] ?? [] }

    /// Without the rows, which only bear a title.
    var panels: [[String: Any]] { everything.filter { $0["type"] as? String != "row" } }

    var targets: [[String: Any]] { panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] } }

    var queries: [String] { targets.compactMap { $0["expr"] as? String } }

    var variables: [[String: Any]] {
        (root["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    }

    /// Every name of ours in any query, variable or annotation.
    var metrics: Set<String> {
        let annotations = ((root["annotations"] as? [String: Any])?["list"] as? [[String: Any]] ?? [])
            .compactMap { $0["expr"] as? String }
        let definitions = variables.compactMap { $0["definition"] as? String }
        return Set(
            (queries + annotations + definitions).flatMap { text in
                text.matches(of: /\b(?:overhear|process)_[a-z_]+/).map { String($0.0) }
            }
        )
    }

    var places: [(x: Int, y: Int, w: Int, h: Int)] {
        everything.compactMap { $0["gridPos"] as? [String: Int] }.map { ($0["x"]!, $0["y"]!, $0["w"]!, $0["h"]!) }
    }
}
