/// Is told of the bytes themselves as they move: several times with every read.
package protocol ByteObserver: TrafficObserver {
    /// Bytes were read from the source of a direction.
    func received(byteCount: Int, route: Int, direction: Direction)

    /// The kernel took bytes for the destination of a direction.
    func sent(byteCount: Int, route: Int, direction: Direction)

    /// What one read brought has to wait: the kernel did not take all of it at once. Told before `received` of that read;
    /// `left` follows, unless it is thrown away.
    func held(route: Int, direction: Direction)

    /// What so many reads brought has left, so long after they were made.
    func left(afterNanoseconds: Int64, reads: Int, route: Int, direction: Direction)

    /// The first bytes of an answer came, so long after the last message of the client.
    func answered(afterNanoseconds: Int64, question: QuestionID, route: Int, at: Timestamp)
}
