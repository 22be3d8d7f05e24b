import ArgumentParser
import AsyncChat
import Glibc
import Logging

/// `overhear demo`: the whole thing with nothing else installed.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See it work: a small client talks to a built-in echo server through the relay.",
        discussion: """
            Uses free ports and a database of its own in a temporary folder, which is
            removed at the end. On a terminal it goes on running, for you to look
            around, until Ctrl-C; otherwise it ends when the client is done.
            """
    )

    func run() throws {
        SignalListener.block()
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let echo = try EchoServer.start()
        let framing = "lf"
        var settings = Settings(
            routes: [
                try RouteText.make(
                    name: "demo",
                    listen: "127.0.0.1:0",
                    upstream: echo.description,
                    framing: framing,
                    framingUpstream: nil,
                    framingDownstream: nil
                )
            ]
        )
        settings.database = folder.path + "/demo.db"
        settings.metrics = .host("127.0.0.1", port: 0)
        settings.sampleInterval = .milliseconds(100)
        settings.drainTimeout = .seconds(2)
        let program = try Program(settings, log: JournalOptions.log(level: .warning, format: .text))
        var demo: Demo?
        try program.run { addresses in
            demo = Demo(program, addresses: addresses, echo: echo, goesOn: isatty(STDOUT_FILENO) == 1)
            demo?.begin()
        }
        if let failure = demo?.failure { throw failure }
    }
}
