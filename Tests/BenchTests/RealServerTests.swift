import Testing

@testable import overhear_bench

@Suite struct `What a real server's client prints` {
    @Test func `tells how long redis-benchmark took, all commands together`() throws {
        let output = """
            "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
            "SET","500000.00","0.756","0.136","0.703","1.071","3.967","5.167"
            "GET","1000000.00","0.578","0.104","0.567","0.879","1.103","3.655"

            """
        #expect(try #require(Redis().seconds(of: 2_000_000, in: output)) == 3)
    }

    @Test(arguments: [
        "", "\"SET\",\"500000.00\",\"0.7\"\n", "\"SET\",\"500000.00\"\n\"GET\",\"0.00\"\n",
        "\"SET\",\"500000.00\"\n\"GET\"\n", "\"SET\",\"500000.00\"\n\"GET\",\"fast\"\n",
    ]) func `tells nothing where a command's line is not as it should be`(output: String) {
        #expect(Redis().seconds(of: 128, in: output) == nil)
    }

    private static let pgbench = """
        pgbench (15.18 (Debian 15.18-0+deb12u1))
        transaction type: <builtin: select only>
        number of transactions per client: 10
        number of transactions actually processed: 160/160
        number of failed transactions: 0 (0.000%)
        latency average = 0.385 ms
        initial connection time = 65.144 ms
        tps = 80.000000 (without initial connection time)

        """

    @Test func `tells how long pgbench took, its connections' beginnings left out`() throws {
        #expect(try #require(PostgreSQL().seconds(of: 160, in: Self.pgbench)) == 2)
    }

    @Test(arguments: [("160/160", "159/160"), ("160/160", "160"), ("tps = 80", "tps = 0"), ("tps", "rate")])
    func `tells nothing where pgbench did less than it was asked`(said: String, instead: String) throws {
        let place = try #require(Self.pgbench.firstRange(of: said))
        let output = "\(Self.pgbench[..<place.lowerBound])\(instead)\(Self.pgbench[place.upperBound...])"
        #expect(PostgreSQL().seconds(of: 160, in: output) == nil)
    }
}
