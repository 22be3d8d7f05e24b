import Traffic

/// A closed set whose cases label series.
protocol LabelValue: CaseIterable, Hashable, Sendable {
    /// As the exposition spells it.
    var label: String { get }
    /// From 0, in the order of `allCases`.
    var position: Int { get }
}

extension LabelValue where Self: RawRepresentable, RawValue == String {
    var label: String { rawValue }
}

extension LabelValue {
    /// For rare events: a walk through a dozen cases at most.
    var position: Int {
        Self.allCases.enumerated().first { $0.element == self }?.offset ?? 0
    }
}

extension Direction: LabelValue {
    var label: String { name }
    var position: Int {
        switch self {
        case .upstream: 0
        case .downstream: 1
        }
    }
}

extension Side: LabelValue {
    var label: String { name }
    var position: Int {
        switch self {
        case .client: 0
        case .upstream: 1
        }
    }
}

extension CloseReason: LabelValue {}
extension AcceptPause: LabelValue {}
extension Rejection: LabelValue {}
