/// Looks names up on a thread of its own, because getaddrinfo(3) blocks and a loop never may. It is there while there is
/// something to look up, and a second longer.
///
/// One look-up at a time, in the order asked. A loop asks with one of its own `callback`s and so gets the answer on its
/// thread.
public final class NameResolver: Sendable {
    /// Addresses in the system's order of preference, or why there are none.
    public typealias Answer = Result<[SocketAddress], ResolveError>

    private struct Question: Sendable {
        let endpoint: Endpoint
        let answer: @Sendable (Answer) -> Void
    }

    private let questions: Errands<Question>

    /// Starts nothing: the thread comes with the first question.
    public convenience init() {
        self.init { endpoint throws(ResolveError) in try endpoint.resolve() }
    }

    /// With another way to look up. Tests script it here.
    package init(lookUp: @escaping @Sendable (Endpoint) throws(ResolveError) -> [SocketAddress]) {
        questions = Errands(named: "resolver") { question in
            do throws(ResolveError) {
                question.answer(.success(try lookUp(question.endpoint)))
            } catch {
                question.answer(.failure(error))
            }
        }
    }

    /// Looks an endpoint up. `answer` is called on the resolver's thread, or at once where the system gives no thread.
    public func resolve(_ endpoint: Endpoint, _ answer: @escaping @Sendable (Answer) -> Void) {
        guard !questions.push(Question(endpoint: endpoint, answer: answer)) else { return }
        answer(.failure(ResolveError(description: "resolve \(endpoint): the system gives no thread for it")))
    }
}
