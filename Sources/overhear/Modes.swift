import ArgumentParser
import Capture

/// `--when-behind`
enum BehindMode: String, CaseIterable, ExpressibleByArgument {
    case block, drop

    var value: WhenBehind { self == .block ? .block : .drop }
}

/// `--on-capture-failure`
enum FailureMode: String, CaseIterable, ExpressibleByArgument {
    case suspend, stop
}

/// `--durability`
enum DurabilityMode: String, CaseIterable, ExpressibleByArgument {
    case normal, full

    var value: Durability { self == .normal ? .normal : .full }
}
