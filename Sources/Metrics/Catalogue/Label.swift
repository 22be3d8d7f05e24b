import Traffic

/// A label a family may carry, with the closed set its values come from.
///
/// Never an address, a session or content: what is unbounded belongs in the record, not in a time series.
package struct Label: Equatable, Sendable {
    package enum Values: Equatable, Sendable {
        /// The names of the configured routes.
        case routes
        case oneOf([String])
        /// Fixed for the life of the process: the versions in build info.
        case fixed
    }

    package let name: String
    package let values: Values

    static let route = Label(name: "route", values: .routes)
    static let direction = closed("direction", over: Direction.self)
    static let side = closed("side", over: Side.self)
    static let closeReason = closed("reason", over: CloseReason.self)
    static let connectFailure = Label(name: "reason", values: .oneOf(CloseReason.connectFailures.map(\.label)))
    static let acceptPause = closed("reason", over: AcceptPause.self)
    static let rejection = closed("reason", over: Rejection.self)
    static let lossReason = closed("reason", over: RecorderFigures.Loss.self)
    static let recorderState = closed("state", over: RecorderFigures.State.self)
    static let table = closed("table", over: RecorderFigures.Table.self)
    static let file = closed("file", over: RecorderFigures.File.self)
    static let version = Label(name: "version", values: .fixed)
    static let swiftVersion = Label(name: "swift_version", values: .fixed)
    static let sqliteVersion = Label(name: "sqlite_version", values: .fixed)

    private static func closed<Value: LabelValue>(_ name: String, over: Value.Type) -> Label {
        Label(name: name, values: .oneOf(Value.allCases.map(\.label)))
    }
}
