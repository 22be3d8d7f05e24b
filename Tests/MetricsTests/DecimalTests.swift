import Testing

@testable import Metrics

@Suite struct `A number` {
    @Test(arguments: [
        (0, "0"), (7, "7"), (-12, "-12"), (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
    ]) func `is written in digits`(number: Int64, text: String) {
        #expect(written { Decimal.append(number, to: &$0) } == text)
    }

    @Test(arguments: [
        (0, "0"), (3_000_000_000, "3"), (1_500_000_000, "1.5"), (1, "0.000000001"), (1_000_000_001, "1.000000001"),
        (-250_000_000, "-0.25"), (20_000_000, "0.02"),
    ]) func `is shown in base units without rounding`(nanoseconds: Int64, text: String) {
        #expect(written { Decimal.append(nanoseconds, per: 1_000_000_000, to: &$0) } == text)
    }

    @Test(arguments: [
        (16, 1, "16.0"), (64, 1, "64.0"), (100, 1, "100.0"), (262_144, 1, "262144.0"), (1_048_576, 1, "1.048576e+06"),
        (16_777_216, 1, "1.6777216e+07"), (1_000_000, 1, "1e+06"), (500_000, 1_000_000_000, "0.0005"),
        (100_000, 1_000_000_000, "0.0001"), (10_000, 1_000_000_000, "1e-05"), (2_500_000_000, 1_000_000_000, "2.5"),
        (1_000_000_000, 1_000_000_000, "1.0"), (12_500_000_000, 1_000_000_000, "12.5"),
    ]) func `has one spelling as a bound`(bound: Int64, scale: Int64, text: String) {
        #expect(Decimal.canonical(bound, per: scale) == text)
    }

    private func written(_ write: (inout [UInt8]) -> Void) -> String {
        var text: [UInt8] = []
        write(&text)
        return String(decoding: text, as: UTF8.self)
    }
}
