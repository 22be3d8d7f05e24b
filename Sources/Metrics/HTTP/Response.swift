/// An answer: a status, a content type and a body in blocks.
struct Response: Equatable, Sendable {
    static let text = "text/plain; charset=utf-8"
    static let json = "application/json"
    static let page = "text/html; charset=utf-8"

    var status: Status
    var contentType: String
    var body: [[UInt8]]
    /// For pages: what the browser may load and run.
    var contentSecurityPolicy: String?

    /// A sentence as plain text.
    init(_ status: Status, _ sentence: String) {
        self.init(status, Self.text, [Array((sentence + "\n").utf8)])
    }

    init(_ status: Status, _ contentType: String, _ body: [[UInt8]]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ refusal: Refusal) {
        self.init(refusal.status, refusal.sentence)
    }

    /// The answer as it goes over the wire, head first. The length is always told: a body cut short must not pass for a
    /// whole one.
    func wire(withBody: Bool, isLast: Bool) -> [[UInt8]] {
        var head = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\n"
        head += "Content-Type: \(contentType)\r\n"
        head += "Content-Length: \(body.reduce(0) { $0 + $1.count })\r\n"
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        head += "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
        if let policy = contentSecurityPolicy {
            head += "Content-Security-Policy: \(policy)\r\nX-Frame-Options: DENY\r\n"
        }
        if status == .methodNotAllowed { head += "Allow: GET, HEAD\r\n" }
        if isLast { head += "Connection: close\r\n" }
        head += "\r\n"
        return [Array(head.utf8)] + (withBody ? body : [])
    }
}
