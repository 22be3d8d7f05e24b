import AsyncChat
import Synchronization
import Testing
import Traffic

@testable import Metrics

@Suite struct `The exposition` {
    @Test func `writes a counter's group`() {
        let family = Family.counter("x_total", nil, [.route, .direction], help: "Things.")
        let section = Section(
            family,
            [Series(["a", "upstream"]) { _ in .number(3) }, Series(["a", "downstream"]) { _ in .number(0) }]
        )
        #expect(
            rendered(section) == """
                # HELP x_total Things.
                # TYPE x_total counter
                x_total{route="a",direction="upstream"} 3
                x_total{route="a",direction="downstream"} 0

                """
        )
    }

    @Test func `writes a series without labels bare`() {
        #expect(rendered(Section(.gauge("x", help: "X.")) { _ in .number(1) }).hasSuffix("\nx 1\n"))
    }

    @Test func `writes a histogram cumulatively, with its count and sum`() {
        let family = Family.histogram(
            "x_seconds",
            .seconds,
            [.route],
            bounds: [500_000, 1_000_000_000],
            scale: 1_000_000_000,
            help: "X."
        )
        let section = Section(
            family,
            [Series(["a"]) { _ in .distribution(counts: [2, 3, 1], sum: 4_250_000_000) }]
        )
        #expect(
            rendered(section) == """
                # HELP x_seconds X.
                # TYPE x_seconds histogram
                x_seconds_bucket{route="a",le="0.0005"} 2
                x_seconds_bucket{route="a",le="1.0"} 5
                x_seconds_bucket{route="a",le="+Inf"} 6
                x_seconds_sum{route="a"} 4.25
                x_seconds_count{route="a"} 6

                """
        )
    }

    @Test func `escapes labels and help by their own rules`() {
        let section = Section(
            .gauge("x", nil, [.route], help: "a\\b\n\"c\"."),
            [Series(["back\\slash \"quoted\"\r\nline é"]) { _ in .number(1) }]
        )
        #expect(
            Array(rendered(section).unicodeScalars)
                == Array(
                    ("# HELP x a\\\\b\\n\"c\".\n# TYPE x gauge\n"
                        + "x{route=\"back\\\\slash \\\"quoted\\\"\r\\nline é\"} 1\n").unicodeScalars
                )
        )
    }

    @Test func `leaves out what cannot be known`() {
        #expect(rendered(Section(.gauge("x", help: "X.")) { _ in nil }) == "")
    }

    @Test func `spells infinity as Prometheus reads it`() {
        #expect(rendered(Section(.gauge("x", help: "X.")) { _ in .infinite }).hasSuffix("x +Inf\n"))
    }

    @Test func `adds the loops up, and takes the largest where it says max`() {
        let loops = [LoopMetrics(routeCount: 1), LoopMetrics(routeCount: 1)]
        for (loop, fifoBytes) in zip(loops, [Int64(700), 300]) {
            loop.received(byteCount: 5, route: 0, direction: .upstream)
            loop.message(header(byteCount: 20, direction: .upstream), kind: nil, payload: [UInt8]().span.bytes)
            var totals = ChannelTotals()
            totals.fifoBytes = fifoBytes
            totals.fifoBytesMax = fifoBytes
            loop.totals(totals, route: 0, side: .client)
            loop.turned(nanoseconds: 300_000)
        }
        let text = wholeExposition(loops)
        #expect(text.contains(#"overhear_received_bytes_total{route="echo",direction="upstream"} 10"#))
        #expect(text.contains(#"overhear_messages_total{route="echo",direction="upstream"} 2"#))
        #expect(text.contains(#"overhear_message_size_bytes_bucket{route="echo",direction="upstream",le="16.0"} 0"#))
        #expect(text.contains(#"overhear_message_size_bytes_bucket{route="echo",direction="upstream",le="64.0"} 2"#))
        #expect(text.contains(#"overhear_message_size_bytes_sum{route="echo",direction="upstream"} 40"#))
        #expect(text.contains(#"overhear_fifo_bytes{route="echo",side="client"} 1000"#))
        #expect(text.contains(#"overhear_fifo_bytes_max{route="echo",side="client"} 700"#))
        #expect(text.contains("\noverhear_loop_turns_total 2\n"))
        #expect(text.contains("\noverhear_loop_busy_seconds_total 0.0006\n"))
        #expect(text.contains("\noverhear_loop_lag_seconds_bucket{le=\"0.00025\"} 0\n"))
        #expect(text.contains("\noverhear_loop_lag_seconds_bucket{le=\"0.0005\"} 2\n"))
    }

    @Test func `shows a recorder that is off as zeros`() {
        let text = wholeExposition([LoopMetrics(routeCount: 1)])
        #expect(text.contains(#"overhear_recorder_state{state="off"} 1"#))
        #expect(text.contains(#"overhear_recorder_state{state="recording"} 0"#))
        #expect(text.contains(#"overhear_recorder_commit_duration_seconds_bucket{le="+Inf"} 0"#))
        #expect(text.contains(#"overhear_recorder_unrecorded_bytes_total{reason="diskFull"} 0"#))
    }

    @Test func `shows the recorder's figures in base units`() {
        var figures = RecorderFigures()
        figures.state = .recording
        figures.lagNanoseconds = 52_000_000
        figures.rows = [.messages: 9, .channelSamples: 4]
        figures.unrecorded = [.behind: .init(messages: 2, bytes: 64)]
        figures.fileBytes = [.main: 4096, .wal: 8192]
        let commits = Histogram(bounds: Histogram.commitDurationBounds, scale: 1_000_000_000)
        commits.observe(700_000)
        figures.commitDurations = commits
        let text = wholeExposition([LoopMetrics(routeCount: 1)], figures)
        #expect(text.contains("\noverhear_recorder_lag_seconds 0.052\n"))
        #expect(text.contains(#"overhear_recorder_rows_total{table="channel_samples"} 4"#))
        #expect(text.contains(#"overhear_recorder_unrecorded_messages_total{reason="behind"} 2"#))
        #expect(text.contains(#"overhear_database_bytes{file="wal"} 8192"#))
        #expect(text.contains(#"overhear_recorder_commit_duration_seconds_bucket{le="0.001"} 1"#))
        #expect(text.contains("overhear_recorder_commit_duration_seconds_sum 0.0007\n"))
    }

    @Test func `groups each family once and ends its last line`() {
        let exposition = Exposition(
            routes: ["echo"],
            loops: [LoopMetrics(routeCount: 1)],
            build: BuildInfo(version: "0.1.0", swiftVersion: "6.3", sqliteVersion: "3.40.1"),
            recorder: { nil }
        )
        let blocks = exposition.render().map { String(decoding: $0, as: UTF8.self) }
        #expect(blocks.count == Catalogue.all.count)
        for (family, block) in zip(Catalogue.all, blocks) {
            #expect(block.hasPrefix("# HELP \(family.name) "))
            #expect(block.hasSuffix("\n"))
            for line in block.split(separator: "\n").dropFirst(2) {
                #expect(family.sampleNames.contains { line.hasPrefix($0 + "{") || line.hasPrefix($0 + " ") })
            }
        }
        #expect(blocks[0].hasSuffix(#"{version="0.1.0",swift_version="6.3",sqlite_version="3.40.1"} 1"# + "\n"))
    }

    @Test func `can be rendered while a loop goes on counting`() {
        final class Finish: Sendable { let isReached = Atomic(false) }
        let metrics = LoopMetrics(routeCount: 1)
        let finish = Finish()
        startThread(named: "counting") {
            for _ in 0..<100_000 {
                metrics.received(byteCount: 1, route: 0, direction: .upstream)
                metrics.message(header(byteCount: 20, direction: .upstream), kind: nil, payload: [UInt8]().span.bytes)
            }
            finish.isReached.store(true, ordering: .releasing)
        }
        while !finish.isReached.load(ordering: .acquiring) {
            #expect(wholeExposition([metrics]).contains("# TYPE overhear_messages_total counter"))
        }
        #expect(metrics.receivedBytes[0, .upstream].current == 100_000)
        #expect(metrics.messageSizes[0, .upstream].snapshot().sum == 2_000_000)
    }

    private func rendered(_ section: Section) -> String {
        String(decoding: TextFormat.render(TextFormat.prometheus.encode(section), at: Moment()), as: UTF8.self)
    }

    private func wholeExposition(_ loops: [LoopMetrics], _ figures: RecorderFigures? = nil) -> String {
        let exposition = Exposition(
            routes: ["echo"],
            loops: loops,
            build: BuildInfo(version: "0", swiftVersion: "0", sqliteVersion: "0"),
            recorder: { figures }
        )
        return String(decoding: exposition.render().joined(), as: UTF8.self)
    }
}

func header(byteCount: Int, direction: Direction, route: Int = 0) -> MessageHeader {
    MessageHeader(
        session: SessionID(rawValue: 1),
        route: route,
        direction: direction,
        ending: .terminator,
        sequence: 1,
        at: Timestamp(nanosecondsSince1970: 0),
        byteCount: byteCount
    )
}

func live(session: Int, client: String) -> LiveSession {
    LiveSession(
        session: SessionID(rawValue: Int64(session)),
        route: 0,
        clientAddress: client,
        upstreamAddress: "",
        openedAt: Timestamp(nanosecondsSince1970: 0)
    )
}
