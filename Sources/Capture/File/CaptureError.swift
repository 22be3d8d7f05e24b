/// Why a capture file could not be opened: one sentence that says what is wrong and what to do.
package struct CaptureError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// Not an SQLite database, or somebody else's.
        case foreign
        /// Written by a version of overhear that is newer than this one.
        case newer
        /// A migration it was made with is not the one we know.
        case changed
        /// Made by a version that is older than this one, and not brought up yet.
        case older
        /// There is no file of this name, or nothing in it yet.
        case missing
        /// The database is corrupt.
        case damaged
        /// Another writer has it.
        case locked
        /// It cannot be created or written where it is to be.
        case cannotCreate
        /// Whoever asked for it did not want it any more.
        case cancelled
        /// Anything else.
        case inputOutput
    }

    package let kind: Kind
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
