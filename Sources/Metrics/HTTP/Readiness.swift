/// What `/-/ready` says: may traffic be sent here, and in one sentence why or why not.
package struct Readiness: Equatable, Sendable {
    package var isReady: Bool
    package var sentence: String

    /// Ready; a sentence says so, or what is amiss without being a reason to stay away.
    package static func ready(_ sentence: String = "ready") -> Readiness {
        Readiness(isReady: true, sentence: sentence)
    }

    package static func notReady(_ sentence: String) -> Readiness {
        Readiness(isReady: false, sentence: sentence)
    }
}
