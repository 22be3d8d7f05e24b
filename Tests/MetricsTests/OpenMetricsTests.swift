import Testing
import Traffic

@testable import Metrics

@Suite struct `OpenMetrics` {
    @Test func `names a counter's family without its ending, with its unit`() {
        let section = Section(.counter("x_bytes_total", .bytes, help: "A \"quoted\" thing.")) { _ in .number(3) }
        #expect(
            rendered(section) == """
                # TYPE x_bytes counter
                # UNIT x_bytes bytes
                # HELP x_bytes A \\"quoted\\" thing.
                x_bytes_total 3

                """
        )
    }

    @Test func `tells no unit that does not end the name`() {
        #expect(!rendered(Section(.gauge("x_bytes_max", .bytes, help: "X.")) { _ in .number(1) }).contains("UNIT"))
    }

    @Test func `leads from a bucket to a message`() {
        let family = Family.histogram(
            "x_seconds",
            .seconds,
            bounds: [1_000_000_000],
            scale: 1_000_000_000,
            help: "X."
        )
        let exemplar = Exemplar(value: 2_500_000_000, session: 17, sequence: 3, at: 1_520_879_607_789_000_000)
        let section = Section(family) { _ in
            .distribution(counts: [2, 1], sum: 4_000_000_000, exemplars: [nil, exemplar])
        }
        let text = rendered(section)
        #expect(text.contains("\nx_seconds_bucket{le=\"1.0\"} 2\n"))
        #expect(
            text.contains(
                "\nx_seconds_bucket{le=\"+Inf\"} 3 # {session=\"17\",sequence=\"3\"} 2.5 1520879607.789\n"
            )
        )
        let plain = TextFormat.render(TextFormat.prometheus.encode(section), at: Moment())
        #expect(!String(decoding: plain, as: UTF8.self).contains("session="))
    }

    @Test func `says where it ends`() {
        let exposition = Exposition(sections: []) { nil }
        #expect(String(decoding: exposition.render(.openMetrics).joined(), as: UTF8.self) == "# EOF\n")
        #expect(exposition.render(.prometheus).isEmpty)
    }

    @Test(arguments: [
        // What Prometheus 2.42 and 3.x send.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TextFormat.openMetrics
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
        ),
        ("application/openmetrics-text", .openMetrics), ("application/openmetrics-text; version=2.0.0", .prometheus),
        ("text/plain;q=0.9, application/openmetrics-text;q=0.5", .prometheus), ("*/*", .prometheus),
        ("text/html", .prometheus), ("", .prometheus), (";;;,=,q=1", .prometheus),
        ("application/openmetrics-text;q=0", .prometheus), ("application/openmetrics-text;q=x", .prometheus),
        ("APPLICATION/OpenMetrics-Text ; Version=1.0.0", .openMetrics),
    ]) func `is what a scraper gets who prefers it`(accept: String, format: TextFormat) {
        #expect(AcceptField.format(accept) == format)
    }

    @Test func `can be asked for some families only, by their name or a sample's`() throws {
        let path = "/metrics?name%5B%5D=overhear_sessions_total&name[]=overhear_message_size_bytes_bucket&name=x"
        let answer = try HTTPScene().exchange("GET \(path) HTTP/1.0\r\nAccept: application/openmetrics-text\r\n\r\n")
        #expect(answer.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
        let types = answer.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("# TYPE") }
        #expect(types == ["# TYPE overhear_sessions counter", "# TYPE overhear_message_size_bytes histogram"])
        #expect(answer.hasSuffix("\n# EOF\n"))
    }

    @Test(arguments: [
        ("name[]=a&name[]=b", ["a", "b"]), ("name%5b%5D=a+b%21", ["a b!"]), ("name[]=%", []), ("name[]=%zz", []),
        ("name[]=%ff", []), ("name[]", []), ("", []), ("&&=&name[]=", [""]),
    ]) func `asks in a query that is decoded`(query: String, values: [String]) {
        #expect(Query.values(of: "name[]", in: query) == values)
    }

    private func rendered(_ section: Section) -> String {
        String(decoding: TextFormat.render(TextFormat.openMetrics.encode(section), at: Moment()), as: UTF8.self)
    }
}
