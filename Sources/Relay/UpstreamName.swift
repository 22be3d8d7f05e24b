import AsyncChat

/// The name of an upstream, as the sessions of one loop ask for it: looked up once for all who ask before the answer is there.
///
/// Each has a resolver of its own. So a name that nobody answers for holds no other up, and however many give up waiting for
/// it, no more than one look-up is left behind.
final class UpstreamName {
    private let endpoint: Endpoint
    private let loop: EventLoop
    private let resolver: NameResolver
    private var askers: [(NameResolver.Answer) -> Void] = []

    init(_ endpoint: Endpoint, loop: EventLoop, resolver: NameResolver = NameResolver()) {
        self.endpoint = endpoint
        self.loop = loop
        self.resolver = resolver
    }

    /// The answer comes from the loop.
    func lookUp(_ answer: @escaping (NameResolver.Answer) -> Void) {
        askers.append(answer)
        guard askers.count == 1 else { return }
        resolver.resolve(endpoint, loop.callback { [weak self] (answer: NameResolver.Answer) in self?.tell(answer) })
    }

    private func tell(_ answer: NameResolver.Answer) {
        let askers = askers
        self.askers = []
        for tell in askers { tell(answer) }
    }
}
