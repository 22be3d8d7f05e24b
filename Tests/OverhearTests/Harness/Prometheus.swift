import Foundation

/// A Prometheus as Debian ships it: scrapes one relay every second, with the rules that we ship, and answers questions.
final class Prometheus {
    /// A series and what was asked of it.
    struct Sample {
        let labels: [String: String]
        /// When, in seconds since 1970, and what; one point, or all of a range.
        let points: [(time: Double, value: Double)]

        var value: Double { points.last?.value ?? .nan }
    }

    private let child: Child
    private let folder: Folder
    private let address: String

    init(scraping target: String) throws {
        folder = try Folder()
        let configuration = """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ["\(checkout.appending(path: "dashboards/prometheus/overhear.rules.yml").path)"]
            scrape_configs:
              - job_name: overhear
                static_configs: [{targets: ["\(target)"]}]
            """
        try Data(configuration.utf8).write(to: URL(filePath: folder.file("prometheus.yml")))
        let child = try Child(
            "prometheus",
            [
                "--config.file=\(folder.file("prometheus.yml"))", "--storage.tsdb.path=\(folder.file("data"))",
                "--web.listen-address=127.0.0.1:0", "--enable-feature=exemplar-storage",
            ]
        )
        self.child = child
        address = try eventually("Prometheus listens; it said: \(child.errors)") {
            if child.hasEnded { throw Trouble("Prometheus ended: \(child.errors)") }
            let errors = child.errors
            guard errors.contains("Server is ready to receive web requests") else { return nil }
            return errors.firstMatch(of: /msg="Listening on" address=(\S+)/).map { String($0.1) }
        }
    }

    /// What its interface answers under a path.
    func get(_ path: String, _ parameters: [String: String] = [:]) throws -> Any {
        let fields = parameters.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
        let text = try succeed("curl", ["-sS", "--get"] + fields + ["http://\(address)/api/v1/\(path)"])
        let answer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        guard answer?["status"] as? String == "success", let data = answer?["data"] else {
            throw Trouble("Prometheus answered \(parameters): \(text)")
        }
        return data
    }

    /// Evaluates an expression, now or at a time.
    func ask(_ expression: String, at time: Double? = nil) throws -> [Sample] {
        var parameters = ["query": expression]
        if let time { parameters["time"] = "\(time)" }
        let data = try get("query", parameters) as? [String: Any]
        guard let result = data?["result"] as? [[String: Any]] else {
            throw Trouble("\(expression) is no vector: \(data ?? [:])")
        }
        return result.map { series in
            let points = series["values"] as? [[Any]] ?? (series["value"] as? [Any]).map { [$0] } ?? []
            return Sample(
                labels: series["metric"] as? [String: String] ?? [:],
                points: points.map { ($0[0] as? Double ?? .nan, Double($0[1] as? String ?? "") ?? .nan) }
            )
        }
    }

    /// The one number that an expression comes to; nil where there is none yet.
    func number(_ expression: String, at time: Double? = nil) throws -> Double? {
        try ask(expression, at: time).first?.value
    }
}
