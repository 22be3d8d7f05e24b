/// How much of what was heard is kept: the oldest goes first. Nil is without limit.
package struct Retention: Equatable, Sendable {
    /// Of the database file and its write-ahead log together.
    package var byteCount: Int64? = 1 << 30
    package var age: Duration?
    package var messageCount: Int64?

    /// Less leaves no room for a write-ahead log worth having.
    package static let leastByteCount: Int64 = 32 << 20

    package init() {}

    package init(byteCount: Int64?, age: Duration?, messageCount: Int64?) {
        self.byteCount = byteCount
        self.age = age
        self.messageCount = messageCount
    }
}
