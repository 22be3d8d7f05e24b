import ArgumentParser
import AsyncChat
import Foundation
import Relay
import Testing

@testable import overhear

/// `docker-compose.yml` and the `Dockerfile`, held to each other, to the files they name and to the program's own options:
/// what can be known without Docker.
@Suite struct `The containers` {
    private let services: [String: [String: Any]]
    private let volumes: [String: Any]
    private let dockerfile: String

    init() throws {
        let compose = try yaml("docker-compose.yml")
        services = try #require(compose["services"] as? [String: [String: Any]])
        volumes = try #require(compose["volumes"] as? [String: Any])
        dockerfile = try Self.text("Dockerfile")
    }

    @Test func `are a relay, a Redis, Prometheus, Grafana, and a load for who asks for it`() {
        #expect(Set(services.keys) == ["overhear", "redis", "prometheus", "grafana", "load"])
        #expect(services.filter { $0.value["profiles"] == nil }.count == 4)
        #expect(services["load"]?["profiles"] as? [String] == ["load"])
    }

    @Test func `run the relay with options that it has`() throws {
        let settings = try relay()
        #expect(settings.routes.map(\.upstream) == [.host("redis", port: 6379)])
        #expect(settings.routes.map(\.listen) == [.host("", port: 7000)])
        #expect(settings.metrics == .host("0.0.0.0", port: 9746))
        #expect(settings.database?.hasPrefix("/data/") == true)
        #expect(settings.showsMessages)
    }

    @Test func `set no variable that means nothing to the relay`() throws {
        let environment = try environment(of: "overhear")
        #expect(environment.keys.contains { $0.hasPrefix("OVERHEAR_") })
        #expect(EnvironmentArguments.unknown(in: environment, options: Environment.runOptions) == [])
    }

    @Test func `mount only what is there`() throws {
        var mounted = 0
        for (name, service) in services {
            for volume in service["volumes"] as? [String] ?? [] {
                let parts = volume.split(separator: ":").map(String.init)
                if parts[0].hasPrefix(".") {
                    let path = checkout.appending(path: parts[0]).path
                    #expect(FileManager.default.fileExists(atPath: path), "\(name) mounts \(parts[0])")
                    #expect(parts.last == "ro", "\(name) could write to \(parts[0])")
                    mounted += 1
                } else {
                    #expect(volumes.keys.contains(parts[0]), "\(name) mounts \(parts[0])")
                }
            }
        }
        #expect(mounted == 5)
    }

    /// A container's path, by where it comes from.
    private func source(of path: String, in service: String) -> String? {
        for volume in services[service]?["volumes"] as? [String] ?? [] {
            let parts = volume.split(separator: ":").map(String.init)
            if path == parts[1] || path.hasPrefix(parts[1] + "/") {
                return parts[0] + path.dropFirst(parts[1].count)
            }
        }
        return nil
    }

    @Test func `find their configuration where it is mounted`() throws {
        func exists(_ path: String, in service: String) throws {
            let place = try #require(source(of: path, in: service), "\(path) in \(service)")
            #expect(FileManager.default.fileExists(atPath: checkout.appending(path: place).path), "\(path)")
        }
        let command = try #require(services["prometheus"]?["command"] as? [String])
        let option = try #require(command.first { $0.hasPrefix("--config.file=") })
        let file = option.dropFirst("--config.file=".count)
        try exists(String(file), in: "prometheus")
        let slash = file.lastIndex(of: "/") ?? file.startIndex
        let folder = file[...slash]
        let rules = try yaml("dashboards/prometheus/prometheus.yml")["rule_files"] as? [String] ?? []
        #expect(!rules.isEmpty)
        for rule in rules { try exists(folder + rule, in: "prometheus") }

        let providers = try yaml("dashboards/provisioning/dashboards/overhear.yml")["providers"] as? [[String: Any]]
        let options = try #require(providers?.first?["options"] as? [String: String])
        let dashboards = try #require(options["path"])
        for name in ["overview", "channels", "recorder"] {
            try exists("\(dashboards)/overhear-\(name).json", in: "grafana")
        }
        let home = try environment(of: "grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        try exists(try #require(home), in: "grafana")
        for kind in ["datasources/prometheus.yml", "dashboards/overhear.yml"] {
            try exists("/etc/grafana/provisioning/\(kind)", in: "grafana")
        }
    }

    @Test func `ask each other under names and ports that they have`() throws {
        let jobs = try yaml("dashboards/prometheus/prometheus.yml")["scrape_configs"] as? [[String: Any]]
        let job = try #require(jobs?.first)
        #expect(job["job_name"] as? String == "overhear", "the rules expect it")
        #expect((job["static_configs"] as? [[String: Any]])?.first?["targets"] as? [String] == ["overhear:9746"])
        let sources = try yaml("dashboards/provisioning/datasources/prometheus.yml")["datasources"] as? [[String: Any]]
        #expect(sources?.first?["url"] as? String == "http://prometheus:9090")
        let load = try #require(services["load"]?["command"] as? [String])
        #expect(load.starts(with: ["redis-benchmark", "-h", "overhear", "-p", "7000"]))
    }

    @Test func `take rates over an interval that fits how often is scraped`() throws {
        let global = try yaml("dashboards/prometheus/prometheus.yml")["global"] as? [String: Any]
        let sources = try yaml("dashboards/provisioning/datasources/prometheus.yml")["datasources"] as? [[String: Any]]
        let data = try #require(sources?.first?["jsonData"] as? [String: Any])
        #expect(data["timeInterval"] as? String == global?["scrape_interval"] as? String)
    }

    @Test func `are published to this machine only, at the ports they listen on`() throws {
        var published: [String: [String]] = [:]
        for (name, service) in services {
            for port in service["ports"] as? [String] ?? [] {
                let parts = port.split(separator: ":")
                #expect(parts.first == "127.0.0.1", "\(name) publishes \(port)")
                published[name, default: []].append(String(parts[2]))
            }
        }
        #expect(published == ["overhear": ["7000", "9746"], "prometheus": ["9090"], "grafana": ["3000"]])
        #expect(dockerfile.contains("\nEXPOSE 9746\n"))
    }

    @Test func `wait for nobody who cannot say that they are well`() throws {
        for (name, service) in services {
            for (other, condition) in service["depends_on"] as? [String: [String: String]] ?? [:] {
                let awaited = try #require(services[other], "\(name) waits for \(other)")
                #expect(condition["condition"] == "service_healthy")
                // The relay's image has its own.
                #expect((awaited["healthcheck"] != nil) != (awaited["build"] != nil), "\(other)")
            }
        }
        #expect(dockerfile.contains(#"CMD ["/usr/local/bin/overhear", "healthcheck"]"#))
        #expect(dockerfile.contains(#"ENTRYPOINT ["/usr/local/bin/overhear"]"#))
    }

    @Test func `give the relay longer to end than it takes`() throws {
        let text = try #require(services["overhear"]?["stop_grace_period"] as? String)
        let grace = try #require(DurationArgument(argument: text))
        #expect(grace.duration > (try relay()).drainTimeout)
    }

    @Test func `have every folder that the package is made of`() throws {
        let manifest = try Self.text("Package.swift")
        let own = manifest.matches(of: /path: "(\w+)\//).map { String($0.1) }
        let ignored = try Self.text(".dockerignore")
        for folder in Set(own + ["Sources", "Tests", "Package.swift"]) {
            let target = folder == "Package.swift" ? "./" : "./\(folder)"
            #expect(dockerfile.contains("\nCOPY \(folder) \(target)\n"), "\(folder)")
            #expect(ignored.contains("\n!\(folder)\n"), "\(folder)")
        }
    }

    /// What the program makes of the container's command and environment.
    private func relay() throws -> Settings {
        let command = try #require(services["overhear"]?["command"] as? [String])
        #expect(command.first == "run")
        let arguments = EnvironmentArguments.merge(
            try environment(of: "overhear"),
            into: Array(command.dropFirst()),
            options: Environment.runOptions,
            repeatable: ["route"]
        )
        return try RunCommand.parse(arguments).settings()
    }

    /// A service's variables; for the relay, the image's besides. A bare `on` would be no text, and Docker refuses that.
    private func environment(of service: String) throws -> [String: String] {
        let own = try #require(services[service]?["environment"] as? [String: String], "\(service)")
        guard services[service]?["build"] != nil else { return own }
        let image = dockerfile.matches(of: /(OVERHEAR_[A-Z_]+)=(\S+)/).map { (String($0.1), String($0.2)) }
        return Dictionary(image) { $1 }.merging(own) { $1 }
    }

    private static func text(_ file: String) throws -> String {
        try String(contentsOf: checkout.appending(path: file), encoding: .utf8)
    }
}

extension `Heavier programs behind the relay` {
    /// It needs no engine for this, and knows every key that there is.
    @Test func `docker-compose has no fault to find with the containers`() throws {
        let file = checkout.appending(path: "docker-compose.yml").path
        try succeed("docker-compose", ["-f", file, "--profile", "load", "config", "--quiet"])
    }
}
