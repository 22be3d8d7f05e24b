import Testing
import Traffic

@Suite struct `A histogram` {
    @Test func `counts an observation on a bound into that bound's bucket`() {
        let histogram = Histogram(bounds: [64, 256], scale: 1)
        for amount: Int64 in [0, 64, 65, 256, 257] { histogram.observe(amount) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.counts == [2, 2, 1])
        #expect(snapshot.sum == 642)
    }
}
