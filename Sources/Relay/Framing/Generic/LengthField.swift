/// Where a message says how long it is: `length:u32be/at=4/add=8`.
package struct LengthField: Equatable, Sendable, CustomStringConvertible {
    /// How the number is written.
    enum Form: String, CaseIterable, Sendable {
        case u8, u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le, varint

        /// How many bytes it has; nil for one that says so itself.
        var byteCount: Int? {
            switch self {
            case .u8: 1
            case .u16be, .u16le: 2
            case .u24be, .u24le: 3
            case .u32be, .u32le: 4
            case .u64be, .u64le: 8
            case .varint: nil
            }
        }
    }

    let form: Form
    /// How many bytes stand in front of it.
    let offset: Int
    /// What the number leaves out of what follows it; negative where it counts what stands before its end.
    let addition: Int

    static let longestOffset = 4096
    static let largestAddition = 1 << 20
    /// A message of more than this cannot be meant.
    static let longestMessage = 1 << 40

    package var description: String {
        "length:\(form.rawValue)" + (offset == 0 ? "" : "/at=\(offset)") + (addition == 0 ? "" : "/add=\(addition)")
    }
}
