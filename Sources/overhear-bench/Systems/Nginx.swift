/// nginx with its stream module: one worker, no log.
enum Nginx {
    private static let module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    /// - Parameter bufferByteCount: its buffers; nil: as it comes.
    static func system(bufferByteCount: Int? = nil) -> System {
        System(
            name: bufferByteCount.map { "nginx-\($0 >> 10)k" } ?? "nginx",
            meaning: "nginx stream, one worker, no log"
                + (bufferByteCount.map { ", buffers of \($0 >> 10) KiB" } ?? ""),
            program: "nginx",
            needs: [module],
            versionArguments: ["-v"]
        ) { place in
            let file = place.folder.file("nginx.conf")
            try Files.write(configuration(place, bufferByteCount), to: file)
            return ["-p", place.folder.path, "-c", file, "-e", "stderr"]
        }
    }

    private static func configuration(_ place: System.Place, _ bufferByteCount: Int?) -> String {
        """
        load_module \(module);
        user root;
        daemon off;
        pid \(place.folder.file("nginx.pid"));
        error_log stderr crit;
        worker_processes 1;
        worker_rlimit_nofile 20000;
        events { worker_connections 19900; }
        stream {
            access_log off;
            proxy_half_close on;
            proxy_timeout 1h;
            \(bufferByteCount.map { "proxy_buffer_size \($0);" } ?? "")
            server {
                listen 127.0.0.1:\(place.port) backlog=4096;
                proxy_pass 127.0.0.1:\(place.upstream);
            }
        }

        """
    }
}
