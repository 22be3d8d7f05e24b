import Testing

@testable import Metrics

@Suite struct `The process figures` {
    @Test func `survive a command name that looks like the rest of the line`() {
        var figures = ProcessFigures()
        let name = "a) S 1 (b"
        figures.take(
            stat: "42 (\(name)) S 1 2 3 0 -1 4194560 111 0 0 0 150 50 0 0 20 0 7 0 12345 204800 77 18446744073709551"
        )
        #expect(figures.cpuTicks == 200)
        #expect(figures.threads == 7)
        #expect(figures.startTicks == 12345)
        #expect(figures.virtualBytes == 204_800)
        #expect(figures.residentPages == 77)
    }

    @Test(arguments: ["", "42", "42 (x", "42 (x) S 1"])
    func `stay unknown where the kernel says too little`(stat: String) {
        var figures = ProcessFigures()
        figures.take(stat: stat)
        #expect(figures == ProcessFigures())
    }

    @Test func `take the soft limits`() {
        var figures = ProcessFigures()
        figures.take(
            limits: """
                Limit                     Soft Limit           Hard Limit           Units
                Max open files            1024                 524288               files
                Max address space         unlimited            unlimited            bytes
                """
        )
        #expect(figures.descriptorLimit == .atMost(1024))
        #expect(figures.virtualLimit == .unlimited)
    }

    @Test func `can all be read here`() {
        let figures = ProcessFigures.current()
        #expect((figures.residentPages ?? 0) > 0)
        #expect((figures.threads ?? 0) > 0)
        #expect((figures.startTicks ?? 0) > 0)
        #expect((figures.openDescriptors ?? 0) >= 1)
        #expect((ProcFile.countEntries() ?? 0) >= 1)
        #expect(figures.descriptorLimit != nil)
        #expect(MachineConstants.current().bootSeconds != nil)
    }

    @Test func `are nil for a file that is not there`() {
        #expect(ProcFile.text("/proc/self/no-such-file") == nil)
    }
}
