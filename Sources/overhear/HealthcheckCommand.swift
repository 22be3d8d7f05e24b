import ArgumentParser
import AsyncChat

/// `overhear healthcheck`: asks the running relay whether it is ready, for Docker's HEALTHCHECK.
struct HealthcheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the running relay whether it is ready: exit 0 if it is, 1 if not."
    )

    @Option(help: ArgumentHelp("Where it serves its metrics.", valueName: "address"))
    var metrics = "127.0.0.1:9746"

    func run() throws {
        let answer = try HTTPQuestion.ask("/-/ready", at: try address(), within: .seconds(2))
        print(answer.body, terminator: answer.body.hasSuffix("\n") ? "" : "\n")
        if answer.status != 200 { throw ExitCode(1) }
    }

    /// A relay that listens on every interface is asked on this one.
    private func address() throws(Refusal) -> SocketAddress {
        guard metrics != "off" else { throw Refusal(.usage, "--metrics is off: there is nothing to ask") }
        let endpoint = try RouteText.endpoint(metrics, for: "metrics")
        let resolved = try? endpoint.resolve().first
        switch resolved {
        case .ipv4(_, let port)? where resolved?.isWildcard == true: return .loopback(port: port)
        case .ipv6(_, _, _, let port)? where resolved?.isWildcard == true: return .loopback(port: port)
        case let address?: return address
        case nil: throw Refusal(.unavailable, "cannot find \(endpoint); check --metrics")
        }
    }
}
