/// Who comes after whom: the order of the systems within a round, another in each.
///
/// What one measurement leaves behind (caches, where the kernel put its threads) meets the next one, so nobody is to follow
/// the same neighbour round by round. The rounds are the rows of a balanced Latin square (E. J. Williams, 1949): a zigzag
/// 0, 1, −1, 2, −2 … around the circle of systems, which begins one further in each round. In as many rounds as there are
/// systems each has been first once, and has followed each other once. An odd number has an empty place more, because only
/// even ones come out even.
struct Turns {
    let systems: Int

    /// - Parameter round: counted from 1.
    func order(inRound round: Int) -> [Int] {
        let places = systems + systems % 2
        return (0..<places).map { place in
            let step = place % 2 == 1 ? (place + 1) / 2 : places - place / 2
            return (step + round - 1) % places
        }.filter { $0 < systems }
    }
}
