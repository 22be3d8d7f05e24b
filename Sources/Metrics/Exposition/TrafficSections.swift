import Traffic

/// Sections over the loops' counters: sums over all loops, or the largest of them.
struct TrafficSections: Sendable {
    let routes: [String]
    let loops: [LoopMetrics]

    var all: [Section] {
        [
            perRoute(Catalogue.sessionsActive) { $0.sessionsActive[$1].current },
            perRoute(Catalogue.sessionsTotal) { $0.sessionsOpened[$1].current },
            sums(Catalogue.sessionsClosed, CloseReason.allCases) { $0.sessionsClosed[$1, $2] },
            sums(Catalogue.connectErrors, CloseReason.connectFailures) { $0.connectErrors[$1, $2] },
            perRoute(Catalogue.acceptPauses) { $0.acceptPauses[$1].current },
            sums(Catalogue.receivedBytes, Direction.allCases) { $0.receivedBytes[$1, $2] },
            sums(Catalogue.sentBytes, Direction.allCases) { $0.sentBytes[$1, $2] },
            messageCounts, messageSizes,
            sums(Catalogue.readingPaused, Direction.allCases, per: 1_000_000_000) { $0.pausedNanoseconds[$1, $2] },
            sums(Catalogue.readingPauses, Direction.allCases) { $0.readingPauses[$1, $2] },
            sums(Catalogue.fifoItems, Side.allCases) { $0.fifoItems[$1, $2] },
            maxima(Catalogue.fifoItemsMax, Side.allCases) { $0.fifoItemsMax[$1, $2] },
            sums(Catalogue.fifoBytes, Side.allCases) { $0.fifoBytes[$1, $2] },
            maxima(Catalogue.fifoBytesMax, Side.allCases) { $0.fifoBytesMax[$1, $2] },
            sums(Catalogue.inputBuffer, Side.allCases) { $0.inputBytes[$1, $2] },
        ]
    }

    var turns: Section {
        let loops = loops
        return Section(Catalogue.loopTurns) { _ in .number(loops.reduce(0) { $0 + $1.turns.current }) }
    }

    /// The histogram's count, under the name people look for: counted once, so the two can never disagree for long.
    private var messageCounts: Section {
        perRouteAnd(Catalogue.messages, Direction.allCases) { loops, route, direction in
            .number(Self.sizes(loops, route, direction).counts.reduce(0, +))
        }
    }

    private var messageSizes: Section {
        perRouteAnd(Catalogue.messageSize, Direction.allCases) { loops, route, direction in
            let sizes = Self.sizes(loops, route, direction)
            return .distribution(counts: sizes.counts, sum: sizes.sum)
        }
    }

    private static func sizes(
        _ loops: [LoopMetrics],
        _ route: Int,
        _ direction: Direction
    ) -> (counts: [Int64], sum: Int64) {
        var counts = [Int64](repeating: 0, count: Catalogue.messageSizeBounds.count + 1)
        var sum: Int64 = 0
        for loop in loops {
            let snapshot = loop.messageSizes[route, direction].snapshot()
            for (bucket, count) in snapshot.counts.enumerated() { counts[bucket] += count }
            sum += snapshot.sum
        }
        return (counts, sum)
    }

    private func perRoute(_ family: Family, _ read: @escaping @Sendable (LoopMetrics, Int) -> Int64) -> Section {
        let loops = loops
        return Section(
            family,
            routes.enumerated().map { route, name in
                Series([name]) { _ in .number(loops.reduce(0) { $0 + read($1, route) }) }
            }
        )
    }

    private func sums<Key: LabelValue>(
        _ family: Family,
        _ keys: [Key],
        per scale: Int64 = 1,
        _ tally: @escaping @Sendable (LoopMetrics, Int, Key) -> Tally
    ) -> Section {
        perRouteAnd(family, keys) { loops, route, key in
            let sum = loops.reduce(0) { $0 + tally($1, route, key).current }
            return scale == 1 ? .number(sum) : .fraction(sum, per: scale)
        }
    }

    private func maxima<Key: LabelValue>(
        _ family: Family,
        _ keys: [Key],
        _ tally: @escaping @Sendable (LoopMetrics, Int, Key) -> Tally
    ) -> Section {
        perRouteAnd(family, keys) { loops, route, key in
            .number(loops.reduce(0) { max($0, tally($1, route, key).current) })
        }
    }

    private func perRouteAnd<Key: LabelValue>(
        _ family: Family,
        _ keys: [Key],
        _ read: @escaping @Sendable ([LoopMetrics], Int, Key) -> Reading
    ) -> Section {
        let loops = loops
        var series: [Series] = []
        for (route, name) in routes.enumerated() {
            for key in keys {
                series.append(Series([name, key.label]) { _ in read(loops, route, key) })
            }
        }
        return Section(family, series)
    }
}
