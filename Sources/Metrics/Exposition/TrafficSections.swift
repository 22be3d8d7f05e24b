import Traffic

/// Sections over the loops' counters: sums over all loops, or the largest of them.
struct TrafficSections: Sendable {
    let routes: [String]
    let loops: [LoopMetrics]

    var all: [Section] {
        [
            perRoute(Catalogue.sessionsActive) { $0.sessionsActive[$1].current },
            perRoute(Catalogue.sessionsTotal) { $0.sessionsOpened[$1].current },
            sums(Catalogue.sessionsRejected, Rejection.allCases) { $0.sessionsRejected[$1, $2] },
            sums(Catalogue.sessionsClosed, CloseReason.allCases) { $0.sessionsClosed[$1, $2] },
            durations(Catalogue.sessionDuration) { $0.sessionDurations[$1] },
            perRoute(Catalogue.connectAttempts) { $0.connectAttempts[$1].current },
            sums(Catalogue.connectErrors, CloseReason.connectFailures) { $0.connectErrors[$1, $2] },
            durations(Catalogue.connectDuration) { $0.connectDurations[$1] },
            sums(Catalogue.acceptPauses, AcceptPause.allCases) { $0.acceptPauses[$1, $2] },
            sums(Catalogue.receivedBytes, Direction.allCases) { $0.receivedBytes[$1, $2] },
            sums(Catalogue.sentBytes, Direction.allCases) { $0.sentBytes[$1, $2] },
            messageCounts, messageSizes,
            sums(Catalogue.framingsLost, Direction.allCases) { $0.framingsLost[$1, $2] },
            turnarounds, residences,
            sums(Catalogue.readingPaused, Direction.allCases, per: 1_000_000_000) { $0.pausedNanoseconds[$1, $2] },
            sums(Catalogue.readingPauses, Direction.allCases) { $0.readingPauses[$1, $2] },
            sums(Catalogue.fifoItems, Side.allCases) { $0.fifoItems[$1, $2] },
            maxima(Catalogue.fifoItemsMax, Side.allCases) { $0.fifoItemsMax[$1, $2] },
            sums(Catalogue.fifoBytes, Side.allCases) { $0.fifoBytes[$1, $2] },
            maxima(Catalogue.fifoBytesMax, Side.allCases) { $0.fifoBytesMax[$1, $2] },
            maxima(Catalogue.fifoHighWater, Side.allCases) { $0.fifoHighWater[$1, $2] },
            sums(Catalogue.inputBuffer, Side.allCases) { $0.inputBytes[$1, $2] },
            sums(Catalogue.channelsPaused, Side.allCases) { $0.channelsPaused[$1, $2] },
        ]
    }

    /// Turns, busy time and lag are three looks at one histogram.
    var loopSections: [Section] {
        let loops = loops
        return [
            Section(Catalogue.loopCount) { _ in .number(Int64(loops.count)) },
            Section(Catalogue.loopTurns) { _ in .number(Self.added(loops.map(\.lag)).counts.reduce(0, +)) },
            Section(Catalogue.loopBusy) { _ in .fraction(Self.added(loops.map(\.lag)).sum, per: 1_000_000_000) },
            Section(Catalogue.loopLag) { _ in
                let lag = Self.added(loops.map(\.lag))
                return .distribution(counts: lag.counts, sum: lag.sum)
            },
        ]
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
            let exemplars = Self.newest(loops.map { $0.messageSizeExemplars[route, direction] }, sizes.counts.count)
            return .distribution(counts: sizes.counts, sum: sizes.sum, exemplars: exemplars)
        }
    }

    private var turnarounds: Section {
        let loops = loops
        return Section(
            Catalogue.turnaround,
            routes.enumerated().map { route, name in
                Series([name]) { _ in
                    let waits = Self.added(loops.map { $0.turnarounds[route] })
                    let exemplars = Self.newest(loops.map { $0.turnaroundExemplars[route] }, waits.counts.count)
                    return .distribution(counts: waits.counts, sum: waits.sum, exemplars: exemplars)
                }
            }
        )
    }

    /// What the kernel took at once is only counted; it took no time at all.
    private var residences: Section {
        perRouteAnd(Catalogue.residence, Direction.allCases) { loops, route, direction in
            var waits = Self.added(loops.map { $0.residences[route, direction] })
            waits.counts[0] += loops.reduce(0) { $0 + $1.passedReads[route, direction].current }
            return .distribution(counts: waits.counts, sum: waits.sum)
        }
    }

    private func durations(_ family: Family, _ read: @escaping @Sendable (LoopMetrics, Int) -> Histogram) -> Section {
        let loops = loops
        return Section(
            family,
            routes.enumerated().map { route, name in
                Series([name]) { _ in
                    let sum = Self.added(loops.map { read($0, route) })
                    return .distribution(counts: sum.counts, sum: sum.sum)
                }
            }
        )
    }

    private static func sizes(
        _ loops: [LoopMetrics],
        _ route: Int,
        _ direction: Direction
    ) -> (counts: [Int64], sum: Int64) {
        added(loops.map { $0.messageSizes[route, direction] })
    }

    /// Histograms of the same bounds as one.
    private static func added(_ histograms: [Histogram]) -> (counts: [Int64], sum: Int64) {
        var (counts, sum) = histograms[0].snapshot()
        for histogram in histograms.dropFirst() {
            let snapshot = histogram.snapshot()
            for (bucket, count) in snapshot.counts.enumerated() { counts[bucket] += count }
            sum += snapshot.sum
        }
        return (counts, sum)
    }

    /// For each bucket the latest message any loop has.
    private static func newest(_ exemplars: [Exemplars], _ bucketCount: Int) -> [Exemplar?] {
        (0..<bucketCount).map { bucket in
            exemplars.compactMap { $0.exemplar(of: bucket) }.max { $0.at < $1.at }
        }
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
