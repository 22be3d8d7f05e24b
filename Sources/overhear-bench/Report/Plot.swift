/// Panels of horizontal bars as a picture (SVG) that reads on light and dark pages.
struct Plot {
    struct Bar {
        let name: String
        let spread: Spread
        /// What is written beside it.
        let label: String
        /// Ours, in a colour of its own.
        var isOurs: Bool { name.hasPrefix("overhear") }
    }

    struct Panel {
        let title: String
        let bars: [Bar]
    }

    let panels: [Panel]

    private static let width = 860.0
    private static let nameWidth = 190.0
    private static let labelWidth = 110.0
    private static let barHeight = 16.0
    private static let step = 23.0

    var svg: String {
        var y = 10.0
        var body = ""
        for panel in panels where !panel.bars.isEmpty {
            body += Self.text(panel.title, x: 0, y: y + 14, style: "title") + "\n"
            y += 26
            let most = panel.bars.map(\.spread.most).max() ?? 1
            for bar in panel.bars {
                body += draw(bar, most: most, y: y)
                y += Self.step
            }
            y += 18
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(Self.width))" height="\(Self.number(y))" \
            viewBox="0 0 \(Self.number(Self.width)) \(Self.number(y))" font-family="system-ui, sans-serif" font-size="13">
            <style>
            .title { font-weight: 600; fill: #24292f } .name, .label { fill: #57606a }
            .bar { fill: #afb8c1 } .ours { fill: #1f6feb } .range { stroke: #24292f; stroke-width: 1.5 }
            @media (prefers-color-scheme: dark) {
            .title { fill: #e6edf3 } .name, .label { fill: #9198a1 } .bar { fill: #57606a } .ours { fill: #4493f8 }
            .range { stroke: #e6edf3 } }
            </style>
            \(body)</svg>

            """
    }

    private func draw(_ bar: Bar, most: Double, y: Double) -> String {
        let room = Self.width - Self.nameWidth - Self.labelWidth
        func place(_ value: Double) -> Double { Self.nameWidth + value / most * room }
        let middle = y + Self.barHeight / 2
        let (from, to) = (place(bar.spread.least), place(bar.spread.most))
        return """
            \(Self.text(bar.name, x: Self.nameWidth - 8, y: y + 12.5, style: "name", anchor: "end"))
            <rect class="\(bar.isOurs ? "ours" : "bar")" x="\(Self.number(Self.nameWidth))" y="\(Self.number(y))" \
            width="\(Self.number(place(bar.spread.median) - Self.nameWidth))" height="\(Self.number(Self.barHeight))"/>
            <line class="range" x1="\(Self.number(from))" y1="\(Self.number(middle))" x2="\(Self.number(to))" y2="\(Self.number(middle))"/>
            \(Self.text(bar.label, x: Swift.max(place(bar.spread.median), to) + 8, y: y + 12.5, style: "label"))

            """
    }

    private static func text(_ text: String, x: Double, y: Double, style: String, anchor: String = "start") -> String {
        let safe = text.map { character -> String in
            switch character {
            case "<": "&lt;"
            case "&": "&amp;"
            default: String(character)
            }
        }.joined()
        return "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(safe)</text>"
    }

    /// One digit behind the point.
    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
