import Testing

@testable import overhear_bench

@Suite struct `Noted latencies` {
    @Test(arguments: [0, 1, 2, 63, 64, 127, 128, 129, 1000, 65_535, 65_536, 1_000_000, 123_456_789, 9_000_000_000])
    func `are told within a sixty-fourth of what they were, and never too short`(latency: Nanoseconds) {
        var latencies = Latencies()
        latencies.note(latency)
        let told = latencies.percentile(0.5)
        #expect(told >= latency)
        #expect(told - latency <= latency / 64)
    }

    @Test func `have the percentiles of what was noted`() {
        var latencies = Latencies()
        // Up to 127 ns they are exact.
        for latency in (1...100).reversed() { latencies.note(Nanoseconds(latency)) }
        #expect(latencies.count == 100)
        #expect(latencies.percentile(0) == 1)
        #expect(latencies.percentile(0.5) == 50)
        #expect(latencies.percentile(0.99) == 99)
        #expect(latencies.percentile(0.999) == 100)
        #expect(latencies.percentile(1) == 100)
    }

    @Test func `show one bad one in a thousand at the percentile that asks for it`() {
        var latencies = Latencies()
        for _ in 0..<9990 { latencies.note(10) }
        for _ in 0..<10 { latencies.note(5_000_000) }
        #expect(latencies.percentile(0.999) == 10)
        #expect(latencies.percentile(0.9991) >= 5_000_000)
    }

    @Test func `are nothing where none was noted`() {
        #expect(Latencies().percentile(0.99) == 0)
    }
}
