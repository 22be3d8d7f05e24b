/// HAProxy: one thread, TCP mode, no log.
enum HAProxy {
    /// - Parameter bufferByteCount: its buffers; nil: as it comes.
    static func system(bufferByteCount: Int? = nil) -> System {
        System(
            name: bufferByteCount.map { "haproxy-\($0 >> 10)k" } ?? "haproxy",
            meaning: "HAProxy, one thread, mode tcp, no log"
                + (bufferByteCount.map { ", buffers of \($0 >> 10) KiB" } ?? ""),
            program: "haproxy",
            versionArguments: ["-v"]
        ) { place in
            let file = place.folder.file("haproxy.cfg")
            try Files.write(configuration(place, bufferByteCount), to: file)
            return ["-db", "-q", "-f", file]
        }
    }

    private static func configuration(_ place: System.Place, _ bufferByteCount: Int?) -> String {
        """
        global
            nbthread 1
            maxconn 9900
            \(bufferByteCount.map { "tune.bufsize \($0)" } ?? "")
        defaults
            mode tcp
            timeout connect 10s
            timeout client 1h
            timeout server 1h
        listen relay
            bind 127.0.0.1:\(place.port) backlog 4096
            server upstream 127.0.0.1:\(place.upstream)

        """
    }
}
