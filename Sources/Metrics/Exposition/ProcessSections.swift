/// Sections over what the kernel knows about the process.
enum ProcessSections {
    static func all(_ machine: MachineConstants) -> [Section] {
        [
            Section(Catalogue.processCPU) { moment in
                moment.process.cpuTicks.map { .fraction($0, per: machine.ticksPerSecond) }
            },
            Section(Catalogue.processStart) { moment in
                guard let boot = machine.bootSeconds, let start = moment.process.startTicks else { return nil }
                return .fraction(boot * machine.ticksPerSecond + start, per: machine.ticksPerSecond)
            },
            Section(Catalogue.processResident) { moment in
                moment.process.residentPages.map { .number($0 * machine.pageBytes) }
            },
            Section(Catalogue.processVirtual) { $0.process.virtualBytes.map(Reading.number) },
            Section(Catalogue.processVirtualMax) { $0.process.virtualLimit.map(reading) },
            Section(Catalogue.processOpenDescriptors) { $0.process.openDescriptors.map(Reading.number) },
            Section(Catalogue.processMaxDescriptors) { $0.process.descriptorLimit.map(reading) },
            Section(Catalogue.processThreads) { $0.process.threads.map(Reading.number) },
        ]
    }

    private static func reading(_ limit: ProcessFigures.Limit) -> Reading {
        switch limit {
        case .atMost(let bound): .number(bound)
        case .unlimited: .infinite
        }
    }
}
