import Glibc

/// The systems that can be named, in the order in which they are reported.
struct SystemCatalogue {
    /// This very program, which is its own parts too.
    static let ownProgram: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// Programs of overhear to measure, by name; the nameless one is the one to report.
    var overhears: [(name: String, program: String)]

    var all: [System] {
        [Self.direct, Self.floor, HAProxy.system(), HAProxy.system(bufferByteCount: 256 << 10)]
            + [Nginx.system(), Nginx.system(bufferByteCount: 256 << 10)]
            + overhears.flatMap { Overhear.systems($0.program, named: $0.name) }
    }

    private static let direct = System(name: "direct", meaning: "no relay", program: nil) { _ in [] }

    private static let floor = System(
        name: "floor",
        meaning: "recv → send and nothing else, one thread on epoll",
        program: ownProgram
    ) { place in
        ["floor", "--port", "\(place.port)", "--upstream", "\(place.upstream)"]
    }
}
