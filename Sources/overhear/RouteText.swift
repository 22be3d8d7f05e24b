import AsyncChat
import Relay
import Traffic

/// Routes and addresses as people write them: `name=cache,listen=:6380,upstream=redis:6379,framing=crlf`.
///
/// Whatever does not fit is refused with a sentence that quotes it.
enum RouteText {
    /// Reads the written form.
    ///
    /// - Parameter recording: what is recorded where the route does not say.
    static func parse(_ text: String, recording: RecordingOptions) throws(Refusal) -> RelayRoute {
        var values: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw Refusal(.usage, "in route '\(text)': '\(pair)' is not KEY=VALUE")
            }
            guard keys.contains(parts[0]) else {
                throw Refusal(
                    .usage,
                    "in route '\(text)': unknown key '\(parts[0])'; known are \(keys.joined(separator: ", "))"
                )
            }
            guard values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw Refusal(.usage, "in route '\(text)': '\(parts[0])' is given twice")
            }
        }
        guard let name = values["name"] else { throw Refusal(.usage, "route '\(text)' has no name; add name=NAME") }
        do {
            var route = try make(
                name: name,
                listen: values["listen"],
                upstream: values["upstream"],
                framing: values["framing"],
                framingUpstream: values["framing-upstream"],
                framingDownstream: values["framing-downstream"]
            )
            let modes = CaptureModes(
                both: try mode(values["capture"]),
                upstream: try mode(values["capture-upstream"]),
                downstream: try mode(values["capture-downstream"])
            )
            route.capture = try recording.depths(modes)
            return route
        } catch {
            throw Refusal(error.status, "in route '\(name)': \(error)")
        }
    }

    /// Makes a route of its written parts.
    static func make(
        name: String,
        listen: String?,
        upstream: String?,
        framing: String?,
        framingUpstream: String?,
        framingDownstream: String?
    ) throws(Refusal) -> RelayRoute {
        guard isName(name) else {
            throw Refusal(.usage, "'\(name)' is no route name; use letters, digits, '-', '_' and '.'")
        }
        guard let listen else { throw Refusal(.usage, "no address to listen on; say --listen HOST:PORT") }
        guard let upstream else { throw Refusal(.usage, "no upstream to relay to; say --upstream HOST:PORT") }
        return RelayRoute(
            name: name,
            listen: try endpoint(listen, for: "listen"),
            upstream: try upstreamEndpoint(upstream),
            framing: PerDirection(
                upstream: try Self.framing(framingUpstream ?? framing ?? "none"),
                downstream: try Self.framing(framingDownstream ?? framing ?? "none")
            )
        )
    }

    /// Reads an address that a flag gives.
    static func endpoint(_ text: String, for flag: String) throws(Refusal) -> Endpoint {
        do {
            return try Endpoint(parsing: text)
        } catch {
            throw Refusal(.usage, "--\(flag) '\(text)' is no address: \(error)")
        }
    }

    private static let keys = [
        "name", "listen", "upstream", "framing", "framing-upstream", "framing-downstream", "capture",
        "capture-upstream", "capture-downstream",
    ]

    private static func mode(_ text: String?) throws(Refusal) -> CaptureMode? {
        guard let text else { return nil }
        guard let mode = CaptureMode(argument: text) else {
            throw Refusal(.usage, "'\(text)' is no capture mode; known are full, head:SIZE, metadata, off")
        }
        return mode
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private static func upstreamEndpoint(_ text: String) throws(Refusal) -> Endpoint {
        let endpoint = try endpoint(text, for: "upstream")
        switch endpoint {
        case .host(_, port: 0): throw Refusal(.usage, "--upstream '\(text)' has port 0; name the server's port")
        case .host(let host, _) where host.isEmpty:
            throw Refusal(.usage, "--upstream '\(text)' names no host; write HOST:PORT")
        default: return endpoint
        }
    }

    private static func framing(_ text: String) throws(Refusal) -> Framing {
        do {
            return try Framing(parsing: text)
        } catch {
            throw Refusal(.usage, error.description)
        }
    }
}
