import Testing

@testable import overhear_bench

@Suite struct `A number for people` {
    @Test(arguments: [
        (0.0, 0, "0"), (999.5, 0, "1,000"), (1_234_567.0, 0, "1,234,567"), (0.954, 2, "0.95"), (0.999, 2, "1.00"),
        (12.05, 1, "12.1"), (-1.5, 1, "−1.5"), (-0.001, 2, "0.00"), (.infinity, 2, "–"),
    ]) func `has its digits in groups of three and as many places as asked for`(
        value: Double,
        places: Int,
        text: String
    ) {
        #expect(Text.decimal(value, places: places) == text)
    }

    @Test func `stands in columns`() {
        #expect(
            Text.table(["system", "rate"], [["a", "1,000"], ["longer", "2"]])
                == "system   rate\na       1,000\nlonger      2"
        )
    }
}
