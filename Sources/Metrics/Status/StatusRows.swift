import Traffic

/// A message as the status page shows it: its beginning, as safe text.
struct StatusMessage: Sendable {
    let session: Int64
    let route: Int
    let direction: Direction
    let sequence: Int64
    /// Nanoseconds since 1970.
    let at: Int64
    let byteCount: Int
    let beginning: [UInt8]
}
