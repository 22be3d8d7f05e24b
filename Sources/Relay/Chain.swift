/// Some objects, to each of which something is told in turn.
///
/// Linked by constants instead of being kept in an array: what is constant is only lent for a call, while each element of
/// an array would be retained and released for it, message by message.
final class Chain<Link> {
    let first: Link
    let rest: Chain?

    /// Nil for none.
    init?(_ links: some Collection<Link>) {
        guard let first = links.first else { return nil }
        self.first = first
        rest = Chain(Array(links.dropFirst()))
    }

    @inline(__always)
    func each(_ tell: (Link) -> Void) {
        tell(first)
        rest?.others(tell)
    }

    private func others(_ tell: (Link) -> Void) {
        tell(first)
        rest?.others(tell)
    }

    func allSatisfy(_ condition: (Link) -> Bool) -> Bool {
        condition(first) && (rest?.allSatisfy(condition) ?? true)
    }
}
