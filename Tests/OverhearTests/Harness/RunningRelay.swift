import Foundation
import Glibc
import Testing

/// The program under test, as it was built.
enum Overhear {
    /// Beside the test bundle.
    static let path: String = {
        let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appendingPathComponent("overhear").path
    }()

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        try OverhearTests.run(path, arguments, environment: environment, directory: directory)
    }

    /// Root may read and write everywhere, so the program runs as somebody who may not.
    static func runAsNobody(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        guard getuid() == 0 else { return try run(arguments) }
        // A copy, for the folder it was built in may be closed to others.
        let place = try Folder()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path)
        try succeed("cp", [path, place.file("overhear")])
        return try OverhearTests.run(
            "runuser",
            ["-u", "nobody", "--", place.file("overhear")] + arguments,
            directory: "/"
        )
    }

    /// What it shows on a terminal so wide.
    static func runOnTerminal(
        columns: Int,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        let words = ([path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        return try OverhearTests.run(
            "script",
            ["-qefc", "stty cols \(columns) -onlcr; exec \(words)", "/dev/null"],
            environment: ["TERM": "xterm"].merging(environment) { $1 }
        )
    }
}

/// A relay that runs and is ready.
final class RunningRelay {
    let child: Child
    let folder: Folder
    /// Where clients connect, by route; the real addresses.
    let addresses: [String: String]
    /// Where it serves metrics.
    let metricsAddress: String

    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        folder: Folder,
        errors: (child: CInt, log: () -> [String])? = nil
    ) throws {
        self.folder = folder
        let child = try Child(
            Overhear.path,
            ["run"] + arguments,
            environment: environment,
            directory: folder.path,
            errors: errors?.child
        )
        self.child = child
        let log = errors?.log ?? { child.errorLines }
        try eventually("the relay is ready; it said: \(log())") {
            if child.hasEnded { throw Trouble("the relay ended before it was ready; it said: \(log())") }
            return log().contains { $0.contains(" ready") || $0.contains(#""event":"ready""#) }
        }
        var addresses: [String: String] = [:]
        var metricsAddress = ""
        for line in log() {
            guard let address = Self.field("address", of: line) else { continue }
            if line.contains("relay.listening"), let route = Self.field("route", of: line) {
                addresses[route] = address
            }
            if line.contains("metrics.listening") { metricsAddress = address }
        }
        self.addresses = addresses
        self.metricsAddress = metricsAddress
    }

    /// Where clients of the only route connect.
    var address: String { addresses["default"] ?? "" }

    var record: Record { Record(path: folder.file("overhear.db")) }

    var log: [String] { child.errorLines }

    func connect(receiveBuffer: CInt? = nil) throws -> Wire { try Wire(to: address, receiveBuffer: receiveBuffer) }

    func get(_ path: String) throws -> Answer {
        let wire = try Wire(to: metricsAddress)
        try wire.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return try wire.receiveAnswer()
    }

    func scrape() throws -> Scrape { Scrape(try get("/metrics").text) }

    /// Waits until no session is open any more, and everything they said is recorded.
    func settle() throws {
        try eventually("no session is open") {
            try scrape().sum("overhear_sessions_active") == 0
                && record.number("SELECT count(*) FROM sessions WHERE closed_at_ns IS NULL") == 0
                && Double(record.number("SELECT count(*) FROM sessions")) == scrape().sum("overhear_sessions_total")
        }
    }

    /// Bytes in RAM, as the kernel counts them.
    func residentByteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        guard let kibibytes = Int(line.filter(\.isNumber)) else { throw Trouble("no VmRSS in \(status)") }
        return kibibytes * 1024
    }

    func descriptorCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd").count
    }

    /// Asks it to end; it must do so cleanly.
    func stop(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let status = try child.terminate()
        #expect(status == 0, "the relay said: \(log.suffix(5))", sourceLocation: sourceLocation)
    }

    private static func field(_ name: String, of line: String) -> String? {
        for (start, end) in [(" \(name)=", " "), ("\"\(name)\":\"", "\"")] {
            guard let range = line.range(of: start) else { continue }
            return String(line[range.upperBound...].prefix { String($0) != end })
        }
        return nil
    }
}

/// Runs a relay between a free port and an upstream for as long as the body runs; then it must end cleanly.
func withRelay<Value>(
    to upstream: String,
    framing: String = "lf",
    _ arguments: String...,
    environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (RunningRelay) throws -> Value
) throws -> Value {
    let all =
        ["--listen", "127.0.0.1:0", "--upstream", upstream, "--framing", framing, "--metrics", "127.0.0.1:0"]
        + arguments
    return try withRelay(arguments: all, environment: environment, sourceLocation: sourceLocation, body)
}

/// The same with all its arguments given; it runs in a temporary folder, and records into `overhear.db` there.
func withRelay<Value>(
    arguments: [String],
    environment: [String: String] = [:],
    folder: Folder? = nil,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (RunningRelay) throws -> Value
) throws -> Value {
    let relay = try RunningRelay(arguments, environment: environment, folder: try folder ?? Folder())
    let value = try body(relay)
    if !relay.child.hasEnded { try relay.stop(sourceLocation: sourceLocation) }
    return value
}
