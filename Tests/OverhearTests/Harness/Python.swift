import Foundation

/// The checkout that the tests were built from.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// The interpreter that has Prometheus' own client library, and YAML; `.ci/install-packages test` makes it.
let python = checkout.appending(path: ".build-python/bin/python3").path

/// What a YAML file says, as Python's own parser reads it.
func yaml(_ file: String) throws -> [String: Any] {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    let text = try String(contentsOf: checkout.appending(path: file), encoding: .utf8)
    let parsed = try succeed(python, ["-c", script], input: text)
    guard let value = try JSONSerialization.jsonObject(with: Data(parsed.utf8)) as? [String: Any] else {
        throw Trouble("\(file) is no mapping")
    }
    return value
}
