import FoundationEssentials

/// All that was measured, as it lies in `Benchmarks/results/`: a load's part is replaced when it is measured again.
struct Results: Codable {
    /// One load, all rounds.
    struct Section: Codable {
        let load: String
        /// When it was measured, as ISO 8601 has it.
        let at: String
        /// Messages a second of HAProxy in the closed loop, where the load is a part of that.
        let highestRate: Double?
        let measurements: [Measurement]
        let failures: [Comparison.Failure]

        var set: MeasurementSet { MeasurementSet(of: load, from: measurements) }
    }

    var machine = Machine()
    /// What each system said of its version.
    var versions: [String: String] = [:]
    /// Systems that were not there.
    var skipped: [String] = []
    var sections: [Section] = []
    var memory: [IdleMemory.Measurement] = []

    func section(_ load: String) -> Section? { sections.first { $0.load == load } }

    /// Bytes for each idle session.
    func memory(_ system: SystemName) -> Spread? {
        let values = memory.filter { $0.system == system.rawValue }.map(\.bytesPerSession)
        return values.isEmpty ? nil : Spread(values)
    }

    mutating func replace(_ section: Section) {
        sections.removeAll { $0.load == section.load }
        sections.append(section)
        let order = Load.catalogue.map(\.name)
        sections.sort { (order.firstIndex(of: $0.load) ?? 0) < (order.firstIndex(of: $1.load) ?? 0) }
    }

    // MARK: - The file

    /// What lies there; nil if nothing does.
    init?(file: String) throws {
        guard let text = Files.text(file) else { return nil }
        self = try JSONDecoder().decode(Results.self, from: Data(text.utf8))
    }

    init() {}

    /// One measurement a line, so that a person can read it and a tool compare it.
    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        func lines(_ values: [some Encodable], indent: String) throws -> String {
            values.isEmpty
                ? "[]"
                : "[\n" + (try values.map { indent + "  " + (try json($0)) }).joined(separator: ",\n") + "\n\(indent)]"
        }
        let sections = try self.sections.map { section in
            """
                {
                  "load": \(try json(section.load)), "at": \(try json(section.at)), "highestRate": \(try json(section.highestRate)),
                  "failures": \(try lines(section.failures, indent: "      ")),
                  "measurements": \(try lines(section.measurements, indent: "      "))
                }
            """
        }
        let text = """
            {
              "machine": \(try json(machine)),
              "versions": \(try json(versions)),
              "skipped": \(try json(skipped)),
              "memory": \(try lines(memory, indent: "  ")),
              "sections": [
            \(sections.joined(separator: ",\n"))
              ]
            }

            """
        try Files.write(text, to: file)
    }
}
