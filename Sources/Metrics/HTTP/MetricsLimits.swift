/// How much of the relay a scraper may take: the bounds that keep a scrape from hurting it.
package struct MetricsLimits: Equatable, Sendable {
    /// Connections open at once. When one more comes, the one that has waited longest for its client makes room.
    package var connectionCount = 64
    /// Bytes of a request head.
    package var headByteCount = 8192
    /// From connecting, or from the first byte of a later request, to the end of its head.
    package var headTimeout = Duration.seconds(5)
    /// Without any byte between two requests.
    package var idleTimeout = Duration.seconds(75)
    /// From the end of a head to the last byte of its answer having been taken.
    package var answerTimeout = Duration.seconds(30)
    /// How long, after the last answer, what still comes is read and thrown away, so that no reset destroys the answer.
    package var lingerTimeout = Duration.seconds(2)
    /// And how many bytes of it.
    package var lingerByteCount = 1 << 20

    package init() {}
}
