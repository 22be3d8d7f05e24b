/// What is served under which path. Knows no socket: a request in, a response out.
package final class MetricsSite {
    private let exposition: Exposition
    private let readiness: () -> Readiness
    private let landingPage: [UInt8]

    /// `readiness` is asked for every request of `/-/ready`, on the thread that serves it, and must not block.
    package init(exposition: Exposition, version: String, readiness: @escaping () -> Readiness) {
        self.exposition = exposition
        self.readiness = readiness
        landingPage = Array(LandingPage.html(version: version).utf8)
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
        case "/": return Response(.ok, Response.page, [landingPage])
        default: return Response(.notFound, "Not found. There are /metrics, /-/healthy, /-/ready and /.")
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
}
