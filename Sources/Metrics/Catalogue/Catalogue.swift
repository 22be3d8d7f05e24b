/// Every metric family, declared once.
///
/// The order here is the order of the exposition and of docs/METRICS.md.
package enum Catalogue {
    package static let all: [Family] = about + sessions + traffic + channels + recorder + loops + process

    static let about = [buildInfo]
    static let buildInfo = Family.gauge(
        "overhear_build_info",
        nil,
        [.version, .swiftVersion, .sqliteVersion],
        help: "Always 1; its labels name the version running, the Swift it was built with and the SQLite it uses."
    )

    static let loops = [loopTurns, scrapeDuration]
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
