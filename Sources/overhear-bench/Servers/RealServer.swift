/// A server that people run, and the client that its makers measure it with: what stands between the two costs what a user
/// sees of it.
///
/// The client is told how many requests to make, and tells how long they took.
protocol RealServer: Sendable {
    /// The server's and the client's programs, and what else they need.
    var needs: [String] { get }
    /// What to ask for the server's version.
    var program: String { get }
    /// What the two say to each other.
    var content: Content { get }
    /// About so many the client makes in a second through a relay, with the server on its own core …
    var requestsPerSecond: Double { get }
    /// … always in multiples of this.
    var requestsTogether: Int { get }

    /// Starts it on the cores given, and comes back when it has all that the client will ask for.
    func start(on port: UInt16, in folder: Folder, cores: String?) throws -> Child

    /// The client's command.
    func client(making requests: Int, through port: UInt16) -> (program: String, arguments: [String])

    /// How long so many requests took, by what the client printed; nil if it does not say that all of them were answered.
    func seconds(of requests: Int, in output: String) -> Double?

    /// What so many requests are to a relay that hears messages, with all that the client says before and after them.
    func messages(for requests: Int) -> Int
}

extension RealServer {
    /// As many as the pipelined loads have.
    var connections: Int { 16 }

    func run(on port: UInt16, _ watch: Watch) throws -> Outcome {
        let wanted = requestsPerSecond * watch.duration.seconds / Double(requestsTogether)
        let requests = requestsTogether * max(1, Int(wanted.rounded()))
        let client = client(making: requests, through: port)
        var outcome = Outcome()
        let processor = ProcessorTime.ofEndedChildren()
        watch.mark()
        let output = try Child.output(of: client.program, client.arguments)
        watch.mark()
        outcome.generatorSeconds = ProcessorTime.ofEndedChildren() - processor
        guard let seconds = seconds(of: requests, in: output) else {
            throw Trouble("\(client.program) does not say that \(requests) requests were answered: \(output)")
        }
        outcome.seconds = seconds
        outcome.messages = requests
        outcome.sent.messages = messages(for: requests)
        outcome.tellsOnlyMessagesSent = true
        return outcome
    }
}
