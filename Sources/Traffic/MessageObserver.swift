/// Is told of every message, with its bytes.
package protocol MessageObserver: TrafficObserver {
    /// A message is complete.
    ///
    /// - Parameters:
    ///   - kind: what kind of message it is, if its framing knows: printable ASCII, at most 64 bytes. Beside the header, which
    ///     is copied for nothing as long as it has only plain values.
    ///   - payload: the message, or its beginning where it is longer than the bound for what is stored; only lent for the call.
    func message(_ header: MessageHeader, kind: String?, payload: RawSpan)
}
