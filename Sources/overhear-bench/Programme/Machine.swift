import Glibc

/// The machine that the figures are of, in an operator's words.
struct Machine: Codable {
    var processor = Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
    var cores = sysconf(CInt(_SC_NPROCESSORS_ONLN))
    var memoryMiB =
        (Self.value(of: "MemTotal", in: "/proc/meminfo")?.split(separator: " ").first).flatMap { Int($0) }.map {
            $0 / 1024
        } ?? 0
    var kernel = Files.text("/proc/sys/kernel/osrelease")?.split(separator: "\n").first.map(String.init) ?? ""
    var system = Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")?.filter { $0 != "\"" } ?? ""

    private static func value(of key: String, in file: String, separator: Character = ":") -> String? {
        for line in (Files.text(file) ?? "").split(separator: "\n") where line.hasPrefix(key) {
            return line.split(separator: separator, maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
        }
        return nil
    }
}
