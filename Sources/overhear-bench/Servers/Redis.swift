/// Redis, and redis-benchmark: as many SET as GET, after one another, 64 on their way on each connection.
struct Redis: RealServer {
    private static let pipeline = 64
    private static let commands = ["SET", "GET"]

    let needs = ["redis-server", "redis-benchmark"]
    let program = "redis-server"
    let content = Content.resp
    let requestsPerSecond = 1_000_000.0
    let requestsTogether = pipeline * commands.count

    func start(on port: UInt16, in folder: Folder, cores: String?) throws -> Child {
        let child = try Child(
            program,
            ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cores: cores,
            output: folder.file("output")
        )
        try child.waitUntilListening(on: port)
        return child
    }

    func client(making requests: Int, through port: UInt16) -> (program: String, arguments: [String]) {
        let each = requests / Self.commands.count
        let what = [
            "-n", "\(each)", "-t", Self.commands.joined(separator: ",").lowercased(), "-d", "64", "-r", "10000",
        ]
        let how = ["-c", "\(connections)", "-P", "\(Self.pipeline)", "--csv"]
        return ("redis-benchmark", ["-h", "127.0.0.1", "-p", "\(port)"] + what + how)
    }

    /// A line for each command, `"SET","1234567.88",…`: its name, and how many of them a second were answered.
    func seconds(of requests: Int, in output: String) -> Double? {
        let lines = output.split(separator: "\n").map { line in
            line.split(separator: ",").map { $0.filter { $0 != "\"" } }
        }
        return Self.commands.reduce(0) { sum, command in
            guard let sum, let line = lines.first(where: { $0.count > 1 && $0[0] == command }),
                let rate = Double(line[1]), rate > 0
            else { return nil }
            return sum + Double(requests / Self.commands.count) / rate
        }
    }

    /// It asks for two settings, `save` and `appendonly`, before it begins.
    func messages(for requests: Int) -> Int { requests + 2 }
}
