import Foundation
import Glibc

/// A Chromium without a window, told what to do over two pipes: its DevTools protocol, a JSON text and a zero byte each way.
final class Browser {
    private let child: Child
    private let folder: Folder
    private let commands: CInt
    private let answers: CInt
    private var received: [UInt8] = []
    private var lastCommand = 0
    private var session: String?
    /// What was written to the page's console, thrown in it, or could not be loaded.
    private(set) var complaints: [String] = []

    init() throws {
        folder = try Folder()
        let (commandsOut, commandsIn) = try Self.pipe()
        let (answersOut, answersIn) = try Self.pipe()
        commands = commandsIn
        answers = answersOut
        child = try Child(
            "chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=\(folder.path)", "about:blank",
            ],
            pipes: [commandsOut, answersIn]
        )
        close(commandsOut)
        close(answersIn)
        let targets = try tell("Target.getTargets")["targetInfos"] as? [[String: Any]] ?? []
        guard let page = targets.first(where: { $0["type"] as? String == "page" })?["targetId"] else {
            throw Trouble("Chromium has no page: \(targets)")
        }
        session = try tell("Target.attachToTarget", ["targetId": page, "flatten": true])["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log", "Accessibility"] { try tell("\(domain).enable") }
    }

    /// It ends when nobody can tell it anything any more, and then its folder may go.
    deinit {
        close(commands)
        close(answers)
        _ = try? child.wait(within: 10)
    }

    func open(_ address: String) throws {
        try tell("Page.navigate", ["url": address])
        try eventually("\(address) is loaded") {
            try evaluate("location.href === '\(address)' && document.readyState === 'complete'", as: Bool.self)
        }
    }

    /// How wide the page is, and what the person in front of it prefers.
    func view(width: Int, height: Int = 900, dark: Bool) throws {
        let size: [String: Any] = [
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        ]
        try tell("Emulation.setDeviceMetricsOverride", size)
        let preferences = [
            ["name": "prefers-color-scheme", "value": dark ? "dark" : "light"],
            ["name": "prefers-reduced-motion", "value": "reduce"],
        ]
        try tell("Emulation.setEmulatedMedia", ["features": preferences])
    }

    /// What an expression comes to in the page.
    @discardableResult
    func evaluate<Value>(_ expression: String, as type: Value.Type = Value.self) throws -> Value {
        let answer = try tell("Runtime.evaluate", ["expression": expression, "returnByValue": true])
        guard let value = (answer["result"] as? [String: Any])?["value"] as? Value else {
            throw Trouble("\(expression) comes to \(answer)")
        }
        return value
    }

    func text(_ id: String) throws -> String { try evaluate("document.getElementById('\(id)').textContent") }

    func press(_ key: String) throws {
        let codes = ["Tab": 9, "Enter": 13]
        var event: [String: Any] = ["key": key, "code": key, "windowsVirtualKeyCode": codes[key] ?? 0]
        if key == "Enter" { event["text"] = "\r" }
        for type in ["keyDown", "keyUp"] { try tell("Input.dispatchKeyEvent", event.merging(["type": type]) { $1 }) }
    }

    /// What somebody hears who does not see: the role and name of each node.
    func spoken() throws -> [(role: String, name: String)] {
        let nodes = try tell("Accessibility.getFullAXTree")["nodes"] as? [[String: Any]] ?? []
        return nodes.filter { $0["ignored"] as? Bool == false }.map { node in
            func value(_ field: String) -> String { (node[field] as? [String: Any])?["value"] as? String ?? "" }
            return (value("role"), value("name"))
        }
    }

    /// Takes a picture of the whole page.
    func picture(to file: URL) throws {
        let answer = try tell("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else {
            throw Trouble("Chromium took no picture: \(answer)")
        }
        try data.write(to: file)
    }

    // MARK: - The protocol

    @discardableResult
    private func tell(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        lastCommand += 1
        var command: [String: Any] = ["id": lastCommand, "method": method, "params": parameters]
        if let session { command["sessionId"] = session }
        var bytes = [UInt8](try JSONSerialization.data(withJSONObject: command)) + [0]
        while !bytes.isEmpty {
            let count = write(commands, bytes, bytes.count)
            guard count > 0 else { throw Trouble("Chromium does not listen: \(child.errors.suffix(500))") }
            bytes.removeFirst(count)
        }
        while true {
            let message = try receive()
            guard message["id"] as? Int == lastCommand else {
                note(message)
                continue
            }
            if let error = message["error"] { throw Trouble("Chromium on \(method): \(error)") }
            return message["result"] as? [String: Any] ?? [:]
        }
    }

    private func note(_ event: [String: Any]) {
        switch event["method"] as? String {
        case "Runtime.consoleAPICalled"?, "Runtime.exceptionThrown"?, "Log.entryAdded"?: complaints.append("\(event)")
        default: break
        }
    }

    private func receive() throws -> [String: Any] {
        while true {
            if let end = received.firstIndex(of: 0) {
                let text = Data(received[..<end])
                received.removeFirst(end + 1)
                return try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
            }
            var polled = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 30_000) > 0 else {
                throw Trouble("Chromium says nothing: \(child.errors.suffix(500))")
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = read(answers, &buffer, buffer.count)
            guard count > 0 else { throw Trouble("Chromium is gone: \(child.errors.suffix(500))") }
            received += buffer[..<count]
        }
    }

    /// Both ends stand high enough not to be in the way of the numbers they get in the child.
    private static func pipe() throws -> (out: CInt, in: CInt) {
        var ends: [CInt] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Trouble.call("pipe") }
        defer { for end in ends { close(end) } }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        guard moved.allSatisfy({ $0 >= 0 }) else { throw Trouble.call("fcntl") }
        return (moved[0], moved[1])
    }
}
