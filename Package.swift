// swift-tools-version: 6.2
import PackageDescription

/// The house, floor by floor; arrows point down only (docs/ARCHITECTURE.md).
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// For the targets that never touch a pointer: the compiler proves it.
let pointerFree = strict + [.strictMemorySafety()]

func example(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["AsyncChat"], path: "Examples/\(name)", swiftSettings: strict)
}

/// A program that libFuzzer drives. `make fuzz` alone asks for it: it links only with the fuzzer's own main.
func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzCases"],
        path: "Tests/Fuzzers/\(name)",
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]
    )
}
let fuzzers =
    Context.environment["OVERHEAR_FUZZERS"] == nil ? [] : ["fuzz-scanner", "fuzz-channel", "fuzz-head", "fuzz-framer"]

let package = Package(
    name: "overhear",
    products: [
        .executable(name: "overhear", targets: ["overhear"]),
        .library(name: "AsyncChat", targets: ["AsyncChat"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        // Floor 1: doors to C.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        // Floor 2: the engine, and the words all share.
        .target(name: "AsyncChat", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Traffic", swiftSettings: pointerFree),

        // Floor 3: three siblings; none imports another.
        .target(name: "Relay", dependencies: ["AsyncChat", "Traffic"], swiftSettings: pointerFree),
        .target(name: "Metrics", dependencies: ["AsyncChat", "Traffic"], swiftSettings: pointerFree),
        .target(name: "Capture", dependencies: ["CSQLite", "Traffic"], swiftSettings: strict),

        // Floor 4: the program.
        .executableTarget(
            name: "overhear",
            dependencies: [
                "AsyncChat", "Traffic", "Relay", "Metrics", "Capture", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),

        // Programs that show the engine; nothing here depends on them, and building overhear does not build them.
        example("chat-server"),
        example("line-client"),
        example("http-server"),

        // Measures the recorder's writer; building overhear does not build it.
        .executableTarget(
            name: "writer-bench",
            dependencies: ["Capture", "CSQLite", "Traffic"],
            path: "Benchmarks/writer",
            swiftSettings: strict
        ),

        // Measures overhear beside other relays; building overhear does not build it.
        .executableTarget(
            name: "overhear-bench",
            dependencies: ["AsyncChat", "CLinux", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict
        ),

        // An allocator that counts, for the tests.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        // What is fuzzed, for the tests and for libFuzzer; and who hears what a framing says.
        .target(
            name: "FuzzCases",
            dependencies: ["AsyncChat", "Metrics", "Relay", "Traffic"],
            path: "Tests/FuzzCases",
            swiftSettings: strict
        ),

        .testTarget(
            name: "AsyncChatTests",
            dependencies: ["AsyncChat", "CAllocationCount"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ManualTests",
            dependencies: ["AsyncChat", "chat-server", "line-client", "http-server"],
            swiftSettings: strict
        ),
        .testTarget(name: "TrafficTests", dependencies: ["Traffic"], swiftSettings: strict),
        .testTarget(
            name: "RelayTests",
            dependencies: ["CAllocationCount", "FuzzCases", "Relay"],
            swiftSettings: strict
        ),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics", "CAllocationCount"], swiftSettings: strict),
        .testTarget(name: "CaptureTests", dependencies: ["Capture", "CSQLite"], swiftSettings: strict),
        .testTarget(
            name: "OverhearTests",
            dependencies: [
                "overhear", "AsyncChat", "Traffic", "Relay", "Metrics", "Capture", "CLinux", "CSQLite", "FuzzCases",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "BenchTests", dependencies: ["overhear-bench", "overhear"], swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzCases"], exclude: ["Corpora"], swiftSettings: strict),
    ] + fuzzers.map(fuzzer),
    swiftLanguageModes: [.v6]
)
