import Glibc

/// Why a test could not go on, in one sentence.
struct Trouble: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A system call that failed; to be made right after it.
    static func call(_ name: String) -> Trouble {
        let code = errno
        return Trouble("\(name): \(String(cString: strerror(code)))")
    }
}

/// Asks again and again until the answer is yes; the deadline is generous, because reaching it means failure.
func eventually(
    within seconds: Double = 30,
    _ what: @autoclosure () -> String,
    _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Trouble("waited \(seconds) s in vain: \(what())") }
        usleep(5000)
    }
}

/// The same, for something that is not there yet.
func eventually<Value>(
    within seconds: Double = 30,
    _ what: @autoclosure () -> String,
    find: () throws -> Value?
) throws -> Value {
    var found: Value?
    try eventually(within: seconds, what()) {
        found = try find()
        return found != nil
    }
    guard let found else { throw Trouble(what()) }
    return found
}
