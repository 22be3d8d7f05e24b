/// Keeps what it is told, within a bound: what it has no room for must not be read.
package protocol RoomKeeper: TrafficObserver {
    /// False while traffic must not be read because it could not be recorded. Asked before every read of what
    /// is recorded, and after every turn.
    var hasRoom: Bool { get }
}
