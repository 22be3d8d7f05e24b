/// An instant of real time, in whole nanoseconds since 1970-01-01T00:00:00Z: the `…_ns` columns of the record.
///
/// Real time may step; durations are measured on the loop's monotonic clock instead.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var nanosecondsSince1970: Int64

    package init(nanosecondsSince1970: Int64) {
        self.nanosecondsSince1970 = nanosecondsSince1970
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanosecondsSince1970 < right.nanosecondsSince1970
    }
}
