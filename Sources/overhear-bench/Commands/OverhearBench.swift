import ArgumentParser

/// Measures overhear beside other relays, under the same loads, in the same minutes.
@main
struct OverhearBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overhear-bench",
        abstract: "Measures overhear beside other relays.",
        subcommands: [
            CompareCommand.self, MeasureCommand.self, ReportCommand.self, EchoCommand.self, SinkCommand.self,
            FloorCommand.self, ScrapeCommand.self,
        ]
    )

    static func main() {
        DescriptorLimit.raise()
        main(nil)
    }

    /// Names and what they mean, in two columns.
    static func list(_ items: [(String, String)]) -> String {
        let width = items.map(\.0.count).max() ?? 0
        return items.map { "  \($0)" + String(repeating: " ", count: width + 2 - $0.count) + $1 }.joined(
            separator: "\n"
        )
    }

    /// What is named, in the order of the names; `all` names all.
    static func pick<Item>(_ names: String, from all: [(String, Item)], called noun: String) throws -> [Item] {
        if names == "all" { return all.map(\.1) }
        return try names.split(separator: ",").map { name in
            guard let item = all.first(where: { $0.0 == name }) else {
                throw ValidationError(
                    "there is no \(noun) '\(name)'; there are \(all.map(\.0).joined(separator: ", "))"
                )
            }
            return item.1
        }
    }

    /// Those that can run here; says of the others what they lack.
    static func skippingMissing(_ systems: [System]) -> [System] {
        systems.filter { isThere($0.name, missing: $0.missing) }
    }

    static func skippingMissing(_ loads: [Load]) -> [Load] {
        loads.filter { isThere($0.name, missing: $0.missing) }
    }

    private static func isThere(_ name: String, missing: String?) -> Bool {
        guard let missing else { return true }
        Terminal.print("skipped: \(name), because \(missing) is not here")
        return false
    }
}
