import FoundationEssentials
import Glibc

/// PostgreSQL, and pgbench: each request is a prepared SELECT of one row, one on its way on each connection.
///
/// The cluster lies in the measurement's folder, so in memory, and is one user's, with nothing to keep: no fsync, no password.
struct PostgreSQL: RealServer {
    /// Where Debian has the newest version's programs; those on the PATH are Perl that looks for these.
    private static let programs: String = {
        let folder = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.compactMap { Int($0) } ?? []
        return "\(folder)/\(versions.max().map(String.init) ?? "*")/bin"
    }()
    /// It refuses to be root's.
    private static let user = getuid() == 0 ? "postgres" : nil

    let needs = ["initdb", "postgres", "pg_isready", "pgbench"].map(Self.path)
    let program = path("postgres")
    let content = Content.postgres
    let requestsPerSecond = 15_000.0
    var requestsTogether: Int { connections }

    private static func path(_ name: String) -> String { "\(programs)/\(name)" }

    func start(on port: UInt16, in folder: Folder, cores: String?) throws -> Child {
        if let user = Self.user { _ = try Child.output(of: "chown", [user, folder.path]) }
        let data = folder.file("data")
        let cluster = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        _ = try Child.output(of: Self.path("initdb"), cluster, as: Self.user)
        let child = try Child(
            program,
            ["-D", data, "-h", "127.0.0.1", "-p", "\(port)", "-k", folder.path, "-F"],
            as: Self.user,
            cores: cores,
            output: folder.file("output")
        )
        try child.waitUntilListening(on: port)
        let place = ["-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres"]
        let deadline = Clock.now() + 20_000_000_000
        while (try? Child.output(of: Self.path("pg_isready"), place)) == nil {
            guard !child.hasEnded, Clock.now() < deadline else { throw Trouble("PostgreSQL does not become ready") }
            usleep(1000)
        }
        // 100,000 rows, made by the server itself.
        _ = try Child.output(of: Self.path("pgbench"), ["-i", "-I", "dtGp", "-q"] + place + ["postgres"])
        return child
    }

    func client(making requests: Int, through port: UInt16) -> (program: String, arguments: [String]) {
        // Whether it first asks for encryption is otherwise the environment's and the library's to say.
        let place = "host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=disable gssencmode=disable"
        let how = ["-S", "-M", "prepared", "-n", "-c", "\(connections)", "-t", "\(requests / connections)"]
        return (Self.path("pgbench"), how + [place])
    }

    /// `number of transactions actually processed: 160/160`, and `tps = 41596.66 (without initial connection time)`.
    func seconds(of requests: Int, in output: String) -> Double? {
        func value(after words: String) -> Substring? {
            output.split(separator: "\n").first { $0.hasPrefix(words) }?.dropFirst(words.count)
        }
        guard value(after: "number of transactions actually processed: ") == "\(requests)/\(requests)",
            let rate = value(after: "tps = ")?.split(separator: " ").first.flatMap({ Double($0) }), rate > 0
        else { return nil }
        return Double(requests) / rate
    }

    /// Bind, Describe, Execute and Sync each. Before them each connection has its StartupMessage, Parse and Sync, and after them
    /// Terminate; and one more looks at the tables in two queries between StartupMessage and Terminate.
    func messages(for requests: Int) -> Int { 4 * requests + 4 * connections + 4 }
}
