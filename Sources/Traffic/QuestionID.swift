/// Names a client's message in the record: its session, and its place among the client's messages.
package struct QuestionID: Equatable, Sendable {
    package var session: SessionID
    package var sequence: Int64

    package init(session: SessionID, sequence: Int64) {
        self.session = session
        self.sequence = sequence
    }
}
