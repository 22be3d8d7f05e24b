import Capture

/// Why the program will not start or go on: one sentence that says what and what to do, and an exit status.
struct Refusal: Error, Equatable, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ sentence: String) {
        self.status = status
        description = sentence
    }
}

/// What the program's exit says (sysexits.h).
enum ExitStatus: Int32 {
    /// Wrong use: an unknown framing, a bad flag.
    case usage = 64
    /// Something needed is not available: a port in use.
    case unavailable = 69
    /// A file or folder cannot be created.
    case cannotCreate = 73
    case inputOutput = 74
    /// Another writer holds the file; another try later may do.
    case heldByAnother = 75
    /// The configuration or the database's schema does not fit.
    case configuration = 78
}

extension ExitStatus {
    /// What a capture file that is refused exits with.
    init(of error: CaptureError) {
        self =
            switch error.kind {
            case .foreign, .newer, .changed, .older: .configuration
            case .locked: .heldByAnother
            case .cannotCreate: .cannotCreate
            case .missing, .damaged, .cancelled, .inputOutput: .inputOutput
            }
    }
}

extension Refusal {
    /// A capture file that cannot be read or tended.
    init(_ error: CaptureError) {
        self.init(ExitStatus(of: error), error.description)
    }
}
