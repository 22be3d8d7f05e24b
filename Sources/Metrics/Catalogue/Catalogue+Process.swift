/// The process as the kernel sees it, under the names every Prometheus client library uses.
extension Catalogue {
    static let process = [
        processCPU, processStart, processResident, processVirtual, processVirtualMax, processOpenDescriptors,
        processMaxDescriptors, processThreads,
    ]
    static let processCPU = Family.counter(
        "process_cpu_seconds_total",
        .seconds,
        help: "Processor time spent, in user and system mode together."
    )
    static let processStart = Family.gauge(
        "process_start_time_seconds",
        .seconds,
        help: "When the process started, as seconds since 1970."
    )
    static let processResident = Family.gauge(
        "process_resident_memory_bytes",
        .bytes,
        help: "Memory held in RAM."
    )
    static let processVirtual = Family.gauge(
        "process_virtual_memory_bytes",
        .bytes,
        help: "Address space in use."
    )
    static let processVirtualMax = Family.gauge(
        "process_virtual_memory_max_bytes",
        .bytes,
        help: "Bound for the address space; +Inf where there is none."
    )
    static let processOpenDescriptors = Family.gauge(
        "process_open_fds",
        help: "File descriptors open now."
    )
    static let processMaxDescriptors = Family.gauge(
        "process_max_fds",
        help: "Bound for open file descriptors (the soft limit)."
    )
    static let processThreads = Family.gauge(
        "process_threads",
        help: "Threads running in the process."
    )
}
