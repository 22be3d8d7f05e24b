import Traffic

/// Sections over the numbers the program hands over for the recorder.
enum RecorderSections {
    static var all: [Section] {
        [
            perCase(Catalogue.recorderState) { (figures, state: RecorderFigures.State) in
                figures.state == state ? 1 : 0
            },
            Section(Catalogue.recorderQueueMessages) { .number($0.recorder.queueMessages) },
            Section(Catalogue.recorderQueueBytes) { .number($0.recorder.queueBytes) },
            Section(Catalogue.recorderQueueLimit) { .number($0.recorder.queueLimitBytes) },
            Section(Catalogue.recorderLag) { .fraction($0.recorder.lagNanoseconds, per: 1_000_000_000) },
            perCase(Catalogue.recorderRows) { (figures, table: RecorderFigures.Table) in figures.rows[table] ?? 0 },
            perCase(Catalogue.unrecordedMessages) { (figures, reason: RecorderFigures.Loss) in
                figures.unrecorded[reason]?.messages ?? 0
            },
            perCase(Catalogue.unrecordedBytes) { (figures, reason: RecorderFigures.Loss) in
                figures.unrecorded[reason]?.bytes ?? 0
            },
            perCase(Catalogue.prunedRows) { (figures, table: RecorderFigures.Table) in figures.pruned[table] ?? 0 },
            Section(Catalogue.commitDuration) { commitDurations($0.recorder.commitDurations) },
            Section(Catalogue.checkpoints) { .number($0.recorder.checkpoints) },
            Section(Catalogue.incompleteCheckpoints) { .number($0.recorder.incompleteCheckpoints) },
            perCase(Catalogue.databaseBytes) { (figures, file: RecorderFigures.File) in figures.fileBytes[file] ?? 0 },
            Section(Catalogue.databaseFreeBytes) { .number($0.recorder.freeBytes) },
            Section(Catalogue.databaseLimit) { .number($0.recorder.limitBytes) },
            Section(Catalogue.availableBytes) { .number($0.recorder.availableBytes) },
            Section(Catalogue.reserveBytes) { .number($0.recorder.reserveBytes) },
            Section(Catalogue.oldestMessage) { .fraction($0.recorder.oldestMessage, per: 1_000_000_000) },
        ]
    }

    private static func commitDurations(_ histogram: Histogram?) -> Reading {
        guard let histogram else {
            let buckets = Histogram.commitDurationBounds.count + 1
            return .distribution(counts: [Int64](repeating: 0, count: buckets), sum: 0)
        }
        precondition(histogram.bounds == Histogram.commitDurationBounds, "commits use the catalogue's bounds")
        let snapshot = histogram.snapshot()
        return .distribution(counts: snapshot.counts, sum: snapshot.sum)
    }

    private static func perCase<Key: LabelValue>(
        _ family: Family,
        _ read: @escaping @Sendable (RecorderFigures, Key) -> Int64
    ) -> Section {
        Section(family, Key.allCases.map { key in Series([key.label]) { .number(read($0.recorder, key)) } })
    }
}
