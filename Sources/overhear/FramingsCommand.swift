import ArgumentParser
import Relay

/// `overhear framings`: all the ways to cut a stream into messages.
struct FramingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "framings",
        abstract: "List the framings, with an example of each.",
        discussion: """
            A framing says how a direction is cut into messages: --framing for both,
            --framing-upstream and --framing-downstream for one. It only listens:
            bytes are relayed as they come, whatever it makes of them.
            """
    )

    func run() {
        let width = ListedFraming.all.map(\.example.count).max() ?? 0
        for framing in ListedFraming.all {
            let padding = String(repeating: " ", count: width - framing.example.count)
            print("\(framing.example)\(padding)  \(framing.summary)")
        }
    }
}
