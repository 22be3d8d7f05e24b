import ArgumentParser

/// The parts that run in processes of their own, started by `compare`.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "echo", abstract: "Answer bytes with themselves.")
    @Option(help: "The port of the loopback to listen on.") var port: UInt16
    @Flag(help: "Close a connection once a message that ends in LF has gone back.") var once = false

    func run() throws {
        try Forwarder(listener: Loopback.listen(on: port), partner: once ? .itselfOnce : .itself).run()
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
