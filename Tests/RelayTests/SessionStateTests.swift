import Testing
import Traffic

@testable import Relay

@Suite struct `A session's state` {
    enum Event: Hashable, CaseIterable {
        case connected, connectFailed, clientEnds, upstreamEnds, shutTowardsClient, shutTowardsUpstream
        case clientTakesNoMore, upstreamTakesNoMore, clientResets, upstreamResets, resetDelivered, abort
    }

    /// A state, by the events that lead there; which sides may be read in it; and every event that means something in it.
    struct Row: CustomTestStringConvertible {
        let history: [Event]
        let reads: [Side]
        let isHalfClosed: Bool
        let actions: [Event: SessionState.Action]

        var testDescription: String { history.isEmpty ? "at first" : history.map { "\($0)" }.joined(separator: ", ") }
    }

    static let rows = [
        Row(
            history: [],
            reads: [],
            isHalfClosed: false,
            actions: [
                .connected: .startRelaying,
                .connectFailed: .abort(.connectRefused),
                .clientResets: .abort(.clientReset),
                .upstreamResets: .abort(.upstreamReset),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected],
            reads: [.client, .upstream],
            isHalfClosed: false,
            actions: [
                .clientEnds: .endStream(towards: .upstream),
                .upstreamEnds: .endStream(towards: .client),
                .clientTakesNoMore: .discardOutput(to: .client),
                .upstreamTakesNoMore: .discardOutput(to: .upstream),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .clientEnds],
            reads: [.upstream],
            isHalfClosed: true,
            actions: [
                .upstreamEnds: .endStream(towards: .client),
                // A side that has ended and takes nothing more is gone.
                .clientTakesNoMore: .resetWhenSent(.upstream),
                .upstreamTakesNoMore: .discardOutput(to: .upstream),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .upstreamEnds, .shutTowardsClient],
            reads: [.client],
            isHalfClosed: true,
            actions: [
                .clientEnds: .endStream(towards: .upstream),
                .shutTowardsUpstream: .close(.upstreamClosed),
                .clientTakesNoMore: .discardOutput(to: .client),
                .upstreamTakesNoMore: .resetWhenSent(.client),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .clientEnds, .upstreamEnds],
            reads: [],
            isHalfClosed: true,
            actions: [
                .clientTakesNoMore: .resetWhenSent(.upstream),
                .upstreamTakesNoMore: .resetWhenSent(.client),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .clientEnds, .upstreamEnds, .shutTowardsClient],
            reads: [],
            isHalfClosed: true,
            actions: [
                .shutTowardsUpstream: .close(.clientClosed),
                .clientTakesNoMore: .resetWhenSent(.upstream),
                .upstreamTakesNoMore: .resetWhenSent(.client),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .clientTakesNoMore],
            reads: [.client],
            isHalfClosed: true,
            actions: [
                .clientEnds: .resetWhenSent(.upstream),
                .upstreamEnds: .resetWhenSent(.upstream),
                // Nobody is left to deliver to.
                .upstreamTakesNoMore: .abort(.clientReset),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .clientEnds, .upstreamTakesNoMore],
            reads: [.upstream],
            isHalfClosed: true,
            actions: [
                .upstreamEnds: .resetWhenSent(.client),
                .clientTakesNoMore: .resetWhenSent(.upstream),
                .clientResets: .resetWhenSent(.upstream),
                .upstreamResets: .resetWhenSent(.client),
                .abort: .abort(.idleTimeout),
            ]
        ),
        // The reason stays the first one, also when the other side goes too.
        Row(
            history: [.connected, .clientResets],
            reads: [],
            isHalfClosed: true,
            actions: [
                .clientTakesNoMore: .abort(.clientReset),
                .upstreamTakesNoMore: .abort(.clientReset),
                .resetDelivered: .abort(.clientReset),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(
            history: [.connected, .upstreamResets],
            reads: [],
            isHalfClosed: true,
            actions: [
                .clientTakesNoMore: .abort(.upstreamReset),
                .upstreamTakesNoMore: .abort(.upstreamReset),
                .resetDelivered: .abort(.upstreamReset),
                .abort: .abort(.idleTimeout),
            ]
        ),
        Row(history: [.connectFailed], reads: [], isHalfClosed: false, actions: [:]),
        Row(history: [.connected, .abort], reads: [], isHalfClosed: false, actions: [:]),
        Row(history: [.connected, .clientResets, .resetDelivered], reads: [], isHalfClosed: false, actions: [:]),
        Row(
            history: [.connected, .clientEnds, .upstreamEnds, .shutTowardsClient, .shutTowardsUpstream],
            reads: [],
            isHalfClosed: false,
            actions: [:]
        ),
    ]

    /// Does one event.
    static func `do`(_ event: Event, to state: inout SessionState) -> SessionState.Action {
        switch event {
        case .connected: state.connected()
        case .connectFailed: state.connectFailed(.connectRefused)
        case .clientEnds: state.endOfStream(from: .client)
        case .upstreamEnds: state.endOfStream(from: .upstream)
        case .shutTowardsClient: state.streamEnded(towards: .client)
        case .shutTowardsUpstream: state.streamEnded(towards: .upstream)
        case .clientTakesNoMore: state.sendFailed(to: .client)
        case .upstreamTakesNoMore: state.sendFailed(to: .upstream)
        case .clientResets: state.reset(by: .client)
        case .upstreamResets: state.reset(by: .upstream)
        case .resetDelivered: state.resetDelivered()
        case .abort: state.abort(.idleTimeout)
        }
    }

    static func state(after history: [Event]) -> SessionState {
        var state = SessionState()
        for event in history { _ = Self.do(event, to: &state) }
        return state
    }

    @Test(arguments: rows, Event.allCases)
    func `answers every event in every state, and those without meaning there with nothing`(row: Row, event: Event) {
        var state = Self.state(after: row.history)
        let action = Self.do(event, to: &state)
        #expect(action == row.actions[event] ?? .nothing)
    }

    @Test(arguments: rows) func `says who may be read and whether the half-closed timeout applies`(row: Row) {
        let state = Self.state(after: row.history)
        let reads = Side.allCases.filter { state.mayRead($0) }
        #expect(reads == row.reads)
        let (isHalfClosed, isConnecting, isClosed) = (state.isHalfClosed, state.isConnecting, state.isClosed)
        #expect(isHalfClosed == row.isHalfClosed)
        #expect(isConnecting == row.history.isEmpty)
        #expect(isClosed == (row.actions[.abort] == nil))
    }

    @Test(arguments: rows, Event.allCases) func `does nothing more once it is closed`(row: Row, event: Event) {
        var state = Self.state(after: row.history)
        _ = state.abort(.processEnded)
        let action = Self.do(event, to: &state)
        let isClosed = state.isClosed
        #expect(action == .nothing)
        #expect(isClosed)
    }
}
