import ArgumentParser
import Capture

/// The options that bound the record. Parsed for `run`; the same flags serve whatever else prunes.
struct KeepingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Delete the oldest to keep the database, its log included, below this; at least 32MiB, 0: no limit.",
            valueName: "size"
        )
    )
    var retainBytes = ByteCountArgument(1 << 30)

    @Option(help: ArgumentHelp("Delete what is older than this; 0: no limit.", valueName: "duration"))
    var retainAge = DurationArgument(.zero)

    @Option(help: ArgumentHelp("Delete the oldest messages beyond this number; 0: no limit.", valueName: "count"))
    var retainMessages: Int64 = 0

    @Option(
        help: ArgumentHelp(
            "Suspend recording before less is left on the disk; 0: when it is full. (default: 256MiB or 5 % of the disk, whichever is less)",
            valueName: "size"
        )
    )
    var minFreeBytes: ByteCountArgument?

    func apply(to settings: inout Settings) throws(Refusal) {
        settings.retention = try retention(longestMessage: settings.longestPayloadByteCount)
        settings.minFreeByteCount = minFreeBytes.map { Int64($0.byteCount) }
    }

    /// - Parameter longestMessage: bytes that a single transaction may have to take.
    func retention(longestMessage: Int) throws(Refusal) -> Retention {
        let byteCount = Int64(retainBytes.byteCount)
        guard byteCount == 0 || byteCount >= Retention.leastByteCount else {
            throw Refusal(
                .usage,
                "--retain-bytes \(retainBytes) is too small; give it at least 32MiB, or 0 for no limit"
            )
        }
        guard byteCount == 0 || longestMessage <= byteCount / 32 else {
            throw Refusal(
                .usage,
                "--retain-bytes \(retainBytes) must be at least 32 times what is stored of a message (\(ByteCountArgument(longestMessage)), see --max-message-bytes)"
            )
        }
        guard retainMessages >= 0 else {
            throw Refusal(.usage, "--retain-messages \(retainMessages) is no number of messages; give 0 or more")
        }
        return Retention(
            byteCount: byteCount == 0 ? nil : byteCount,
            age: retainAge.limit,
            messageCount: retainMessages == 0 ? nil : retainMessages
        )
    }
}
