import AsyncChat
import Foundation
import Testing

/// The status page, as a real Chromium shows it to a person.
extension `Heavier programs behind the relay` {
    /// Where the pictures go, for people to look at.
    private func pictures() throws -> URL {
        let wanted = ProcessInfo.processInfo.environment["OVERHEAR_PICTURES"].map { URL(filePath: $0) }
        let folder = wanted ?? FileManager.default.temporaryDirectory.appending(path: "overhear-status-page")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A person's view: how wide, and whether they prefer it dark.
    private static let views = [(1280, false), (1280, true), (420, false), (420, true)]

    @Test func `the status page shows Chromium what is counted while traffic runs, to eyes, ears and keys`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let clients = try (1...7).map { _ in try relay.connect() }
                let browser = try Browser()
                try browser.view(width: 1280, dark: false)
                try browser.open("http://\(relay.metricsAddress)/")
                let (address, isOver) = (relay.address, Locked(false))
                let singing = Background {
                    let singers = try (1...3).map { _ in try Wire(to: address) }
                    while !isOver.withLock({ $0 }) {
                        for singer in singers { try singer.send("a line and another\n") }
                        for singer in singers { _ = try singer.receive(exactly: 19) }
                    }
                }
                try eventually("what is said is shown") {
                    for client in clients {
                        try client.send("<script>alert(1)</script>\n")
                        _ = try client.receive(exactly: 26)
                    }
                    return try browser.evaluate("past.length > 2 && rows.size === 10 && seen.size > 0", as: Bool.self)
                }
                #expect(try browser.text("t-sessions") == "10")
                #expect(try browser.text("ready") == "ready")
                #expect(try browser.evaluate("document.title") == "10 sessions · overhear")
                #expect(try browser.evaluate("past.at(-1).messages[0] > 0 && past.at(-1).bytes[1] > 0", as: Bool.self))
                #expect(try browser.text("m-messages").hasSuffix("/s"))
                for (width, dark) in Self.views {
                    try browser.view(width: width, dark: dark)
                    try expectReadable(browser, width: width)
                    let name = "\(width)-\(dark ? "dark" : "light")"
                    try browser.picture(to: try pictures().appending(path: "\(name).png"))
                }
                try browser.view(width: 1280, dark: false)
                try expectSpoken(browser)
                try expectKeys(browser)
                isOver.withLock { $0 = true }
                try singing.wait()
                try eventually("what peers say is text") {
                    for client in clients {
                        try client.send("<script>alert(1)</script>\n")
                        _ = try client.receive(exactly: 26)
                    }
                    return try browser.text("messages").contains(#"<script>alert(1)</script>\n"#)
                }
                #expect(try browser.evaluate("document.scripts.length") == 1)
                try expectAsCounted(browser, relay)
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
            }
        }
    }

    /// What the page says is what `/metrics` says, in the page's own way of writing numbers.
    private func expectAsCounted(_ browser: Browser, _ relay: RunningRelay) throws {
        try eventually("the singers are gone") { try relay.scrape().sum("overhear_sessions_active") == 7 }
        let scrape = try relay.scrape()
        let messages = scrape.sum("overhear_messages_total")
        let bytes = scrape.sum("overhear_received_bytes_total")
        try eventually("the page has heard of everything") {
            try relay.scrape().sum("overhear_recorder_rows_total", having: "messages") == messages
                && browser.evaluate("rows.size === 7 && both(before.routes[0].messages) === \(messages)", as: Bool.self)
                && browser.text("recorder").contains(
                    "Recorded\(browser.evaluate("count(\(messages))", as: String.self))"
                )
        }
        #expect(try browser.text("t-sessions") == "7")
        #expect(try browser.text("t-recorder") == "recording")
        #expect(try browser.evaluate("both(before.routes[0].received_bytes)") == bytes)
        // Each of those who are left said and heard as much as any other.
        let said = try browser.evaluate("latest.map(s => s.messages[0])", as: [Double].self)
        #expect(Set(said).count == 1 && said.count == 7)
        let cells = "[...$('sessions').tBodies[0].rows].map(row => row.cells[4].textContent)"
        let number = try browser.evaluate("count(\(Int(2 * said[0])))", as: String.self)
        #expect(try browser.evaluate(cells) == [String](repeating: number, count: 7))
        // A session's bytes: those it sent and those it got.
        let text = "[...$('sessions').tBodies[0].rows].map(row => row.cells[5].textContent)"
        let written = try browser.evaluate("bytes(\(Int(2 * 26 * said[0])))", as: String.self)
        #expect(try browser.evaluate(text) == [String](repeating: written, count: 7))
    }

    /// Nothing hangs over the edge, nothing moves, and every word stands out from what is behind it (WCAG 2, 1.4.3).
    private func expectReadable(_ browser: Browser, width: Int) throws {
        #expect(try browser.evaluate("document.documentElement.scrollWidth") == width)
        #expect(try browser.evaluate("document.getAnimations().length") == 0)
        let faint = """
            (() => {
              const light = color => {
                const [r, g, b] = color.match(/[0-9.]+/g).map(Number).map(v => v / 255)
                  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const behind = element => {
                for (let at = element; at; at = at.parentElement) {
                  const color = getComputedStyle(at).backgroundColor;
                  if (!/, 0\\)$/.test(color)) return color;
                }
                return 'rgb(255, 255, 255)';
              };
              const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
              let seen = 0;
              while (words.nextNode()) {
                const element = words.currentNode.parentElement;
                if (!words.currentNode.data.trim() || !element.checkVisibility() || /SCRIPT|STYLE/.test(element.tagName)) continue;
                seen++;
                const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
                if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(words.currentNode.data + ': ' + (a + 0.05) / (b + 0.05));
              }
              return seen > 80 ? faint : ['only ' + seen + ' words were looked at'];
            })()
            """
        #expect(try browser.evaluate(faint) == [String]())
    }

    /// Everything that can be reached has a name, and what is drawn is told.
    private func expectSpoken(_ browser: Browser) throws {
        let nodes = try browser.spoken()
        for node in nodes
        where ["button", "link", "region", "columnheader", "image", "heading", "cell"].contains(node.role) {
            #expect(!node.name.isEmpty, "a \(node.role) has no name")
        }
        func count(_ role: String) -> Int { nodes.count { $0.role == role } }
        #expect(count("table") == 3)
        #expect(count("image") == 2)
        #expect(count("heading") == 7)
        #expect(["banner", "main", "contentinfo", "status"].allSatisfy { count($0) == 1 })
        #expect(nodes.contains { $0.role == "image" && $0.name.contains(" from clients, ") })
    }

    /// Everything can be done with keys alone, beginning with a way past the charts.
    private func expectKeys(_ browser: Browser) throws {
        var reached: [String] = []
        for _ in 1...17 {
            try browser.press("Tab")
            reached.append(try browser.evaluate("document.activeElement.textContent.slice(0, 30)"))
        }
        #expect(reached.first == "Skip to the sessions")
        let titles = ["Session", "Route", "Client", "Age", "Messages", "Bytes", "Unfinished"]
        #expect(reached.filter { (["Pause"] + titles).contains($0) } == ["Pause"] + titles, "\(reached)")
        try browser.evaluate("document.querySelector('[data-key=client] button').focus() ?? true", as: Bool.self)
        for order in ["descending", "ascending"] {
            try browser.press("Enter")
            #expect(try browser.evaluate("document.querySelector('[aria-sort]').ariaSort") == order)
        }
        #expect(try browser.evaluate("document.activeElement.textContent") == "Client", "sorting keeps one's place")
        let clients = try browser.evaluate(
            "[...$('sessions').tBodies[0].rows].map(r => r.cells[2].textContent)",
            as: [String].self
        )
        #expect(clients.count >= 7 && clients == clients.sorted())
    }

    @Test func `the status page says what is amiss, and when it has no answer`() throws {
        try withEchoServer { server in
            // More is to stay free than any disk has: recording is suspended.
            let options = [
                "--listen", "127.0.0.1:0", "--upstream", server, "--framing", "lf", "--min-free-bytes", "8000TiB",
            ]
            let folder = try Folder()
            let browser = try Browser()
            let address = try withRelay(arguments: options + ["--metrics", "127.0.0.1:0"], folder: folder) { relay in
                try browser.view(width: 1280, dark: false)
                try browser.open("http://\(relay.metricsAddress)/")
                try eventually("nobody is connected") { try browser.text("sessions-note") == "Nobody is connected." }
                #expect(try browser.evaluate("$('sessions').hidden && $('said').hidden", as: Bool.self))
                let clients = try (1...210).map { _ in try relay.connect() }
                for client in clients { try client.send("not recorded\n") }
                for client in clients { _ = try client.receive(exactly: 13) }
                try eventually("so many are connected") {
                    try browser.text("sessions-note").hasPrefix("The 200 that moved most, of 210. ")
                }
                #expect(try browser.evaluate("$('sessions').tBodies[0].rows.length") == 200)
                let sentence = try relay.get("/-/ready").text
                #expect(try browser.text("ready") + "\n" == sentence)
                #expect(sentence.hasPrefix("ready, but recording is suspended (lowSpace)"))
                #expect(try browser.evaluate("document.title") == "not recording · 210 sessions · overhear")
                #expect(
                    try browser.evaluate("$('ready').className + ' ' + $('t-recorder').className") == "pill bad bad"
                )
                // The batch in hand when the trouble began still waits; what came later is missed.
                try eventually("what is missed is shown") {
                    let missed = Int(try relay.scrape().sum("overhear_recorder_unrecorded_messages_total"))
                    return try missed > 0 && browser.text("recorder").contains("Not recorded\(missed) messages")
                }
                try browser.picture(to: try pictures().appending(path: "suspended.png"))
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
                relay.child.signal(SIGKILL)
                try relay.child.wait()
                return relay.metricsAddress
            }
            try eventually("the relay is missed") { try browser.text("ready").hasPrefix("no answer since ") }
            #expect(
                try browser.evaluate("document.body.className + ' ' + document.title") == "stale no answer · overhear"
            )
            try browser.picture(to: try pictures().appending(path: "gone.png"))
            let silent = ["--metrics", address, "--capture", "off", "--status-messages", "off"]
            try withRelay(arguments: options + silent, folder: folder) { relay in
                try eventually("the page goes on by itself") { try browser.text("ready").hasPrefix("ready") }
                #expect(try browser.evaluate("document.body.className") == "")
                #expect(try browser.text("t-sessions") == "0")
                #expect(try browser.text("recorder") == "Stateoff")
                #expect(try browser.evaluate("$('ask').hidden", as: Bool.self), "there is nothing to ask")
                #expect(try browser.text("messages-note") == "Not shown here: --status-messages on shows them.")
                #expect(try browser.evaluate("$('said').hidden", as: Bool.self), "nor what was said before")
                let client = try relay.connect()
                try eventually("a new session is shown") { try browser.evaluate("rows.size === 1", as: Bool.self) }
                client.close()
            }
            // A browser tells its console of every address that does not answer; nothing else is there.
            #expect(browser.complaints.allSatisfy { $0.contains("ERR_CONNECTION_REFUSED") || $0.contains("net::ERR_") })
        }
    }
}
