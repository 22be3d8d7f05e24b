/// What one scrape reads once and all its series share.
struct Moment: Sendable {
    var recorder = RecorderFigures()
    var process = ProcessFigures()
    /// How long the scrape before this one took to render.
    var lastRenderNanoseconds: Int64 = 0
}
