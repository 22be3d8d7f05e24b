import Testing

@testable import overhear_bench

@Suite struct `Turns of systems` {
    @Test(arguments: 1...16) func `have each system once in each round`(systems: Int) {
        for round in 1...40 {
            #expect(Turns(systems: systems).order(inRound: round).sorted() == Array(0..<systems))
        }
    }

    @Test(arguments: [2, 4, 6, 14]) func `have everybody follow everybody once in as many rounds as there are systems`(
        systems: Int
    ) {
        #expect(followers(systems, rounds: systems).allSatisfy { $0.value == 1 })
        #expect(followers(systems, rounds: systems).count == systems * (systems - 1))
        let first = (1...systems).map { Turns(systems: systems).order(inRound: $0)[0] }
        #expect(first.sorted() == Array(0..<systems))
    }

    @Test(arguments: [3, 5, 7, 13]) func `give no odd one a neighbour more often than twice in a round more than that`(
        systems: Int
    ) {
        #expect(followers(systems, rounds: systems + 1).allSatisfy { $0.value <= 2 })
    }

    /// How often one came right after another, within a round.
    private func followers(_ systems: Int, rounds: Int) -> [[Int]: Int] {
        (1...rounds).reduce(into: [:]) { counts, round in
            let order = Turns(systems: systems).order(inRound: round)
            for (one, next) in zip(order, order.dropFirst()) { counts[[one, next], default: 0] += 1 }
        }
    }
}
