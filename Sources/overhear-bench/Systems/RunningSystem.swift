/// A system that listens.
final class RunningSystem {
    let system: System
    let place: System.Place
    private let child: Child?
    private let scraper: Scraper?
    private let reader: HoldingReader?

    init(
        _ system: System,
        _ place: System.Place,
        child: Child? = nil,
        scraper: Scraper? = nil,
        reader: HoldingReader? = nil
    ) {
        self.system = system
        self.place = place
        self.child = child
        self.scraper = scraper
        self.reader = reader
    }

    /// Of the relay's processes; nil if there is no relay.
    var processorReading: ProcessorReading? { child.map { ProcessorReading(group: $0.pid) } }

    /// Of all its processes together.
    var residentByteCount: Int {
        guard let child else { return 0 }
        return ProcessTable.members(of: child.pid).reduce(0) { $0 + (ProcessTable.residentByteCount(of: $1.pid) ?? 0) }
    }

    /// Ends it, and holds what it heard against what was said.
    func finish(after outcome: Outcome) throws {
        guard let child else { return }
        try scraper?.finish()
        try reader?.finish()
        try system.record?.checkRunning(place, outcome)
        try child.end()
        try system.record?.checkEnded(place, outcome)
    }
}
