extension Load {
    /// Puts this load on whoever listens at a port of the loopback.
    ///
    /// - Parameter highestRate: messages a second that HAProxy has in the closed loop, for loads that ask for a part of it.
    func run(on port: UInt16, _ watch: Watch, highestRate: () throws -> Double) throws -> Outcome {
        switch shape {
        case .closedLoop(let inFlight):
            var exchange = try Exchange(self, inFlight: inFlight, rate: nil, port: port)
            return try exchange.run(watch)
        case .openLoop(let rate):
            let perSecond =
                switch rate {
                case .fixed(let rate): rate
                case .ofHAProxy(let part): try highestRate() * part
                }
            var exchange = try Exchange(self, inFlight: 1, rate: perSecond, port: port)
            return try exchange.run(watch)
        case .oneMessageEach:
            var messages = OneMessageEach(self, port: port)
            return try messages.run(watch)
        case .oneWay:
            var stream = try OneWay(self, port: port)
            return try stream.run(watch)
        case .realServer(let server):
            return try server.run(on: port, watch)
        }
    }
}
