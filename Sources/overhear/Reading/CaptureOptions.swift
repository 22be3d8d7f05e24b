import ArgumentParser
import Capture

/// Which capture a command is about.
struct CaptureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The capture: the SQLite file that a relay records into.", valueName: "file"))
    var database = "overhear.db"

    func validate() throws {
        guard !database.isEmpty else { throw ValidationError("--database names no file") }
    }

    /// Reads it, and refuses it in the program's words.
    func read<Value>(_ body: (Archive) throws(CaptureError) -> Value) throws(Refusal) -> Value {
        do {
            return try Archive.read(database, body)
        } catch {
            throw Refusal(error)
        }
    }
}
