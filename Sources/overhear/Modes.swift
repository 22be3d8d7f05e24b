import ArgumentParser
import Capture

/// `--capture`
enum CaptureMode: String, CaseIterable, ExpressibleByArgument {
    case full, off
}

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
