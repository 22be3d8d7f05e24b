import ArgumentParser
import Glibc

/// The parts that run in processes of their own, started by `compare`.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "echo", abstract: "Answer bytes with themselves.")
    @Option(help: "The port of the loopback to listen on.") var port: UInt16
    @Flag(help: "Close a connection once a message that ends in LF has gone back.") var once = false
    @Flag(help: "Answer a connection's first message as PostgreSQL's server does.") var postgres = false

    func run() throws {
        let answer = postgres ? Content.postgres.greeting?.answer ?? [] : []
        let partner = once ? Forwarder.Partner.itselfOnce : .itself(afterAnswering: answer)
        try Forwarder(listener: Loopback.listen(on: port), partner: partner).run()
    }
}

struct SinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sink", abstract: "Take bytes, and say how many.")
    @Option(help: "The port of the loopback to listen on.") var port: UInt16

    func run() throws { try Sink(listener: Loopback.listen(on: port)).run() }
}

struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor", abstract: "Relay, and nothing else.")
    @Option(help: "The port of the loopback to listen on.") var port: UInt16
    @Option(help: "The port of the loopback to relay to.") var upstream: UInt16

    func run() throws { try Forwarder(listener: Loopback.listen(on: port), partner: .connection(to: upstream)).run() }
}

struct ScrapeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "scrape", abstract: "Ask for metrics every second.")
    @Option(help: "The port of the loopback to ask.") var port: UInt16

    func run() throws {
        while true {
            let answer = try HTTPClient.get("/metrics", port: port)
            Terminal.print("\(answer.status) \(answer.body.utf8.count) bytes")
            sleep(1)
        }
    }
}
