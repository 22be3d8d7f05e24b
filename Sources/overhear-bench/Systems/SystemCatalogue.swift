import Glibc

/// The systems that can be named, in the order in which they are reported.
struct SystemCatalogue {
    /// This very program, which is its own parts too.
    static let ownProgram: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// A build of overhear to measure.
    struct Build {
        /// Empty for the one to report.
        let name: String
        let program: String
    }

    let builds: [Build]
    /// The repository's `Benchmarks`, where the peers lie that were made for this; what is built of them, and mitmproxy, lies beside it.
    let folder: String

    var all: [System] {
        [Self.direct, Self.floor, HAProxy.system(), HAProxy.system(bufferByteCount: 256 << 10), Nginx.system()]
            + [Nginx.system(bufferByteCount: 256 << 10), Self.socat, nio, Python.asynchat(in: folder)]
            + [Python.mitmproxy(in: folder)] + builds.flatMap(Overhear.systems)
    }

    func system(named name: String) -> System? { all.first { $0.name == name } }

    private static let direct = System(name: "direct", meaning: "no relay", program: nil) { _ in [] }

    private static let floor = System(
        name: "floor",
        meaning: "recv → send and nothing else, one thread on epoll",
        program: ownProgram
    ) { place in
        ["floor", "--port", "\(place.port)", "--upstream", "\(place.upstream)"]
    }

    private static let socat = System(
        name: "socat",
        meaning: "socat, a process for each connection",
        program: "socat",
        versionArguments: ["-V"]
    ) { place in
        [
            "TCP-LISTEN:\(place.port),bind=127.0.0.1,reuseaddr,fork,backlog=4096,nodelay",
            "TCP:127.0.0.1:\(place.upstream),nodelay",
        ]
    }

    private var nio: System {
        System(
            name: "nio",
            meaning: "a glue relay on SwiftNIO, one thread",
            program: "\(folder)/../.build-nio-relay/release/nio-relay"
        ) { place in
            ["\(place.port)", "\(place.upstream)"]
        }
    }
}
