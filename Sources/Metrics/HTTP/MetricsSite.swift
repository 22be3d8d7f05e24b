/// What is served under which path. Knows no socket: a request in, a response out.
package final class MetricsSite {
    private let exposition: Exposition
    private let status: StatusReport
    private let readiness: () -> Readiness
    private let version: String

    /// `readiness` is asked for every request of `/-/ready`, on the thread that serves it, and must not block.
    package init(
        exposition: Exposition,
        status: StatusReport,
        version: String,
        readiness: @escaping () -> Readiness
    ) {
        self.exposition = exposition
        self.status = status
        self.readiness = readiness
        self.version = version
    }

    func response(to request: RequestHead) -> Response {
        guard request.method != .other else {
            return Response(.methodNotAllowed, "Only GET and HEAD are answered here.")
        }
        guard !request.hasBody else { return Response(.badRequest, "Requests with a body are not read here.") }
        switch request.path {
        case "/metrics": return metrics(request)
        case "/-/healthy": return Response(.ok, "healthy")
        case "/-/ready": return ready()
        case "/", "/status.json": return statusPage(request)
        default: return Response(.notFound, "Not found. There are /metrics, /status.json, /-/healthy, /-/ready and /.")
        }
    }

    /// `name[]` may be repeated: only these families are shown.
    private func metrics(_ request: RequestHead) -> Response {
        let names = Query.values(of: "name[]", in: request.query)
        return Response(.ok, request.format.contentType, exposition.render(request.format, only: Set(names)))
    }

    private func ready() -> Response {
        let readiness = readiness()
        return Response(readiness.isReady ? .ok : .unavailable, readiness.sentence)
    }

    private func statusPage(_ request: RequestHead) -> Response {
        guard HostField.isTrusted(request.host) else {
            return Response(
                .misdirected,
                "Open this page by its address, or as localhost: names could be somebody else's."
            )
        }
        guard request.path == "/" else {
            return Response(.ok, Response.json, status.render(version: version, readiness: readiness()))
        }
        let nonce = Self.nonce()
        var page = Response(.ok, Response.page, [Array(StatusPage.html(version: version, nonce: nonce).utf8)])
        page.contentSecurityPolicy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return page
    }

    /// Names, for one answer, the script and the style that are ours.
    private static func nonce() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
