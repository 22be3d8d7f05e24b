/// The peers that are written in Python, and record.
enum Python {
    /// mitmproxy as a TCP relay, writing its flows into a file.
    static func mitmproxy(in folder: String) -> System {
        let programs = "\(folder)/../.build-bench-python/bin"
        return System(
            name: "mitmproxy",
            meaning: "mitmproxy --mode reverse:tcp, recording every message",
            program: "\(programs)/mitmdump",
            versionArguments: ["--version"],
            record: .flows(python: "\(programs)/python3", script: "\(folder)/mitmproxy/count.py")
        ) { place in
            [
                "--quiet", "--mode", "reverse:tcp://127.0.0.1:\(place.upstream)", "--listen-host", "127.0.0.1",
                "--listen-port", "\(place.port)", "--set", "confdir=\(place.folder.path)", "--set", "flow_detail=0",
                "--save-stream-file", place.capture,
            ]
        }
    }

    /// asynchat as Python last had it, recording lines as overhear does.
    static func asynchat(in folder: String) -> System {
        System(
            name: "asynchat",
            meaning: "a relay on Python's asynchat, recording every message into SQLite",
            program: "/usr/bin/python3",
            needs: ["\(folder)/asynchat/relay.py", "sqlite3"],
            lacks: {
                // Python 3.12 is the first without it.
                let found = try? Child.output(of: "/usr/bin/python3", ["-W", "ignore", "-c", "import asynchat"])
                return found == nil ? "Python's asynchat" : nil
            },
            versionArguments: ["--version"],
            record: .rows
        ) { place in
            ["-W", "ignore", "\(folder)/asynchat/relay.py", "\(place.port)", "\(place.upstream)", place.capture]
        }
    }
}
