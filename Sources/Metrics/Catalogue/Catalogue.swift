/// Every metric family, declared once.
///
/// The order here is the order of the exposition and of docs/METRICS.md.
package enum Catalogue {
    package static let all: [Family] = about + sessions + traffic + channels + recorder + loops + process

    static let about = [buildInfo]
    static let buildInfo = Family.info(
        "overhear_build_info",
        [.version, .swiftVersion, .sqliteVersion],
        help: "Always 1; its labels name the version running, the Swift it was built with and the SQLite it uses."
    )

    static let loops = [loopCount, loopTurns, loopBusy, loopLag, scrapeDuration]
    /// The name of a family as a scrape may ask for it is its own or that of one of its samples.
    package static func families(named names: Set<String>) -> Set<String> {
        Set(all.filter { !names.isDisjoint(with: $0.sampleNames + [$0.name]) }.map(\.name))
    }

    static let loopTurns = Family.counter(
        "overhear_loop_turns_total",
        help: "Turns of the event loops: one each time a loop woke up and served what was ready."
    )
    static let scrapeDuration = Family.gauge(
        "overhear_scrape_duration_seconds",
        .seconds,
        help: "How long rendering the scrape before this one took."
    )
}
